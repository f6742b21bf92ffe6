import sharp from 'sharp';

// Preloaded into a worker (`--import`), this makes one picture deadly: whoever looks into an image of the width
// KILLING_WIDTH is killed by SIGKILL, as by a fault in a decoder, or by the system when memory runs out.
//
// So that others are at work in that moment, every picture is held until so many are in hand as COMPANY says, or for
// HOLD_MS where it says nothing.

const killingWidth = Number(process.env.KILLING_WIDTH);
const company = Number(process.env.COMPANY ?? 0);
const holdMs = Number(process.env.HOLD_MS ?? 0);

let inHand = 0;
let arrive;
const complete = new Promise((resolve) => (arrive = resolve));

const { metadata } = sharp.prototype;
sharp.prototype.metadata = async function () {
  const seen = await metadata.call(this);
  if (++inHand === company) arrive();
  await (company > 0 ? complete : new Promise((resolve) => setTimeout(resolve, holdMs)));
  if (seen.width === killingWidth) process.kill(process.pid, 'SIGKILL');
  return seen;
};
