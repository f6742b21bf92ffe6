// Preloaded into a process, it sets the wall clock of this process alone: by the seconds in the file `clock-offset` of
// MICRO_DATA, at the start, and again whenever SIGUSR2 says that they have changed. Timers and the monotonic clock go on
// as they do when a machine's clock is set. The times of files come from the kernel, so they are told as if its clock
// had jumped, too: a file has the offset that held when it was written.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const realNow = Date.now.bind(Date);
const { stat } = fs.promises;
const jumps = [];

function read() {
  let offsetMs = 0;
  try {
    offsetMs = Number(fs.readFileSync(join(process.env.MICRO_DATA, 'clock-offset'), 'utf8')) * 1000;
  } catch {
    // Nobody has moved the clock yet.
  }
  jumps.push({ at: realNow(), offsetMs });
  return offsetMs;
}

/** What a clock that jumped as ours did showed at a real time. */
function shown(realMs) {
  const jump = jumps.findLast(({ at }) => at <= realMs) ?? { offsetMs: 0 };
  return realMs + jump.offsetMs;
}

Date.now = () => shown(realNow());
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length > 0 ? args : [Date.now()], newTarget),
});
fs.promises.stat = async (...args) => {
  const found = await stat(...args);
  found.mtimeMs = shown(found.mtimeMs);
  return found;
};
syncBuiltinESMExports();

read();
process.on('SIGUSR2', () => {
  process.stdout.write(`The clock is off by ${read() / 1000} s\n`);
});
