import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { it } from 'vitest';
import { photo } from '../test/harness/photo.js';
import { System } from '../test/harness/system.js';
import { report } from './report.js';

const names = ['keyvaluestore', 'db', 'storage', 'master', 'worker-1', 'ui'];
const settleMs = 5_000;
const sampleMs = 20;

/** The resident memory of a process, in megabytes; from /proc, so on Linux only. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024;
}

it('memory at rest and during a 200 MB upload', async () => {
  const system = await System.start();
  await system.launch('ui');
  // An uncompressed TIFF of 66 MP is a photo of 200 MB that sharp decodes.
  const image = await photo({ width: 8192, height: 8138 }).tiff({ compression: 'none' }).toBuffer();
  await system.client.settled((await system.client.upload(await photo().png().toBuffer())).id);
  await sleep(settleMs);
  const rest = new Map<string, number>();
  const peak = new Map<string, number>();
  for (const name of names) rest.set(name, await residentMb(system.process(name).pid));
  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      for (const name of names) {
        peak.set(name, Math.max(peak.get(name) ?? 0, await residentMb(system.process(name).pid)));
      }
      await sleep(sampleMs);
    }
  })();
  const began = performance.now();
  const { id } = await system.client.upload(image, {}, 'large.tiff');
  const uploadedMs = performance.now() - began;
  const uploadPeak = new Map(peak);
  const { state } = await system.client.settled(id);
  done.abort();
  await sampling;
  const rows = names.map((name): [string, string] => {
    const [before, upload, all] = [rest.get(name)!, uploadPeak.get(name)!, peak.get(name)!];
    return [
      name,
      `${before.toFixed(0)} MB at rest, +${(upload - before).toFixed(0)} during the upload, +${(all - before).toFixed(0)} until ${state}`,
    ];
  });
  report(`Upload of ${(image.length / 1e6).toFixed(0)} MB in ${(uploadedMs / 1000).toFixed(1)} s`, rows);
});
