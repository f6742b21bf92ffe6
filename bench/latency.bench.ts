import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { it } from 'vitest';
import { png } from '../test/harness/photo.js';
import { System } from '../test/harness/system.js';
import { median, report } from './report.js';

const rounds = 30;
const boundary = 'a-boundary-of-the-bench';

/** One request with a body that is ready beforehand: what is measured is the service, not the making of a form. */
function call(url: string, method: string, body?: Buffer): Promise<{ id: string; state: string }> {
  return new Promise((resolve, reject) => {
    const headers = body && {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': body.length,
    };
    const outgoing = request(url, { method, headers }, (answer) => {
      text(answer).then((json) => resolve(JSON.parse(json) as { id: string; state: string }), reject);
    });
    outgoing.once('error', reject).end(body);
  });
}

it('upload to finished on an idle system, beside a bare sharp call', async () => {
  const system = await System.start();
  const master = await (await fetch(`http://${system.registry}/masterendpoint`)).text();
  const url = `http://${master.trim()}/task`;
  const image = await png({ width: 1000, height: 1000 });
  const form = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="photo.png"\r\n\r\n`),
    image,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  sharp.concurrency(1);
  sharp.cache(false);
  const bare: number[] = [];
  const whole: number[] = [];
  const answered: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const before = performance.now();
    await sharp(image).negate({ alpha: false }).png({ compressionLevel: 2, adaptiveFiltering: true }).toBuffer();
    const between = performance.now();
    const { id } = await call(url, 'POST', form);
    const created = performance.now();
    const { state } = await call(`${url}/${id}?wait=20`, 'GET');
    const end = performance.now();
    if (state !== 'finished') throw new Error(state);
    // The first rounds warm everything up.
    if (round < 0) continue;
    bare.push(between - before);
    answered.push(created - between);
    whole.push(end - between);
  }
  report(`1 MP PNG of ${(image.length / 1e6).toFixed(1)} MB, ${rounds} rounds, medians`, [
    ['bare sharp call', `${median(bare).toFixed(0)} ms`],
    ['upload → 201', `${median(answered).toFixed(0)} ms`],
    ['upload → finished', `${median(whole).toFixed(0)} ms`],
    ['above bare sharp', `${(median(whole) - median(bare)).toFixed(0)} ms`],
  ]);
});
