import { expect, it, vi } from 'vitest';
import type { Attempt } from '#contracts';
import type { ShownTask } from './harness/master-client.js';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';
import { unneededFiles } from './harness/unneeded-files.js';
import { Chaos } from './thrash/chaos.js';
import { SeededRandom } from './thrash/seeded-random.js';

const uploads = Number(process.env.THRASH_UPLOADS ?? 60);
const kills = Number(process.env.THRASH_KILLS ?? 12);
const seed = Number(process.env.THRASH_SEED ?? Date.now() % 1_000_000);
const clients = 6;
/** Different pictures; each is uploaded again and again. */
const pictures = 20;

const targets = [
  { service: 'keyvaluestore', name: 'keyvaluestore' },
  { service: 'db', name: 'db' },
  { service: 'storage', name: 'storage' },
  { service: 'master', name: 'master' },
  { service: 'master', name: 'master-2' },
  { service: 'worker', name: 'worker-1' },
  { service: 'worker', name: 'worker-2' },
] as const;

/** `npm run thrash` runs this with many more uploads and kills; `THRASH_SEED` repeats a run. */
it(
  `loses none of ${uploads} uploads through ${kills} kills (seed ${seed})`,
  { timeout: 120_000 + uploads * 1_000 + kills * 6_000 },
  async () => {
    const random = new SeededRandom(seed);
    const system = await System.start({
      masters: 2,
      workers: 2,
      env: {
        MICRO_WORKER_SLOTS: '2',
        // Under chaos a task may fail and lose its lease more often than in a life of service.
        MICRO_FAILURE_LIMIT: '100',
        MICRO_LOST_LEASE_LIMIT: '100',
        // Short enough for the janitor to meet uploads whose master is frozen between the bytes and the task.
        MICRO_ORPHAN_SECONDS: '4',
        MICRO_JANITOR_SECONDS: '1',
        MICRO_ABANDONED_SECONDS: '30',
      },
    });
    const images = await Promise.all(
      Array.from({ length: pictures }, (_unused, picture) => png({ width: 300, height: 200, seed: picture })),
    );
    const accepted: { task: ShownTask; image: Buffer }[] = [];
    const { client } = system;
    const chaos = new Chaos(system, [...targets], random);
    let begun = 0;
    const upload = async (): Promise<void> => {
      while (begun < uploads || chaos.killCount < kills) {
        const image = images[begun++ % pictures]!;
        accepted.push({ image, task: await client.upload(image) });
      }
    };
    await Promise.all([chaos.run(kills), ...Array.from({ length: clients }, upload)]);

    const expected = new Map(
      await Promise.all(images.map(async (image) => [image, await negatedPixelsOf(image)] as const)),
    );
    for (const { task, image } of accepted) {
      const finished = await client.settled(task.id);
      expect(finished.state, finished.error?.detail).toBe('finished');
      const result = await client.download(finished.outputs[0]!.href);
      expect((await pixelsOf(result)).equals(expected.get(image)!)).toBe(true);
      const attempts = (await system.internal('db', `/task/${task.id}/attempts`)) as Attempt[];
      expect(attempts.filter(({ outcome }) => outcome === 'finished')).toHaveLength(1);
      expect(attempts.filter(({ outcome }) => outcome === null)).toEqual([]);
    }

    const queue = await (await client.patiently('/queue')).json();
    expect(queue).toMatchObject({ backlog: 0, failed: 0, cancelled: 0 });
    await vi.waitFor(async () => expect(await unneededFiles(system)).toEqual([]), { timeout: 60_000, interval: 500 });

    const lines = targets.flatMap(({ name }) => system.logs(name));
    const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
    process.stdout.write(
      `\nThrashed with seed ${seed}: ${accepted.length} uploads, ${chaos.killCount} kills ` +
        `(${[...chaos.kills].map(([name, number]) => `${name} ${number}`).join(', ')}), ${chaos.freezes} freezes, ` +
        `${client.retries} retries of clients, ${count(/Working on task/)} attempts begun, ` +
        `${count(/is given up/)} stale ones refused, ${count(/Reclaimed/)} reclaims; nothing lost\n`,
    );
  },
);
