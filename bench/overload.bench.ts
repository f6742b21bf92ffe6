import { it } from 'vitest';
import { Crowd } from '../test/harness/crowd.js';
import { MemoryWatch } from '../test/harness/memory.js';
import { png } from '../test/harness/photo.js';
import { System } from '../test/harness/system.js';
import { report } from './report.js';

const uploads = Number(process.env.OVERLOAD_UPLOADS ?? 200);

it('memory while many photos of 5 MB are uploaded at once', async () => {
  const system = await System.start({ workers: 0, env: { MICRO_RATE_LIMIT: '0' } });
  const image = await png({ width: 1500, height: 1150 });
  await system.client.upload(await png());
  const watch = await MemoryWatch.start(['master', 'storage', 'db'].map((name) => system.process(name)));
  const crowd = new Crowd(await system.endpointOf('master'), image);
  const began = performance.now();
  await crowd.upload(uploads);
  const seconds = (performance.now() - began) / 1000;
  const rows = (await watch.stop()).map(({ name, restMb, growthMb }): [string, string] => [
    name,
    `${restMb.toFixed(0)} MB at rest, +${growthMb.toFixed(0)} at the peak`,
  ]);
  const size = (image.length / 1e6).toFixed(1);
  const refused = [...crowd.refusals].map(([code, count]) => `${count} × ${code}`).join(', ') || 'none';
  report(`${uploads} uploads of ${size} MB at once in ${seconds.toFixed(1)} s, refused for now: ${refused}`, rows);
  if (crowd.resets > 0) throw new Error(`${crowd.resets} connections were reset`);
});
