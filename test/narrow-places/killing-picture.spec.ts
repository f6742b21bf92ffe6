import type { QueueStats } from '#contracts';
import { describe, expect, it, vi } from 'vitest';
import { negatedPixelsOf, pixelsOf, png } from '../harness/photo.js';
import { System } from '../harness/system.js';

const preload = new URL('../harness/killing-picture.mjs', import.meta.url);
const killingWidth = 66;
const limit = 2;

describe('a picture that kills the worker which decodes it', () => {
  it('takes the seven tasks beside it down once: they finish, and it fails at its limit', async () => {
    const system = await System.start({
      workers: 0,
      env: {
        MICRO_WORKER_SLOTS: '8',
        MICRO_LOST_LEASE_LIMIT: String(limit),
        MICRO_LEASE_SECONDS: '2',
        MICRO_RECLAIM_SECONDS: '1',
      },
    });
    const { client } = system;
    const images = await Promise.all(Array.from({ length: 7 }, (_unused, seed) => png({ width: 200, seed })));
    const others = await Promise.all(images.map((image) => client.upload(image)));
    const killer = await client.upload(await png({ width: killingWidth, height: 50 }));

    const deadly = { NODE_OPTIONS: `--import=${preload.href}`, KILLING_WIDTH: String(killingWidth) };
    for (let deaths = 0; deaths < limit; deaths++) {
      // The first time the killer waits for the seven; then every picture takes so long that all of them could meet.
      const company = deaths === 0 ? { COMPANY: '8' } : { HOLD_MS: '200' };
      // It may be dead before the registry knows it.
      await system.launch('worker', 'worker', { ...deadly, ...company }).catch(() => undefined);
      await system.process('worker').ended();
      // Started again when all that is left can be leased at once, as after the long pause of a crash loop.
      await vi.waitFor(
        async () => {
          const queue = (await (await client.fetch('/queue')).json()) as QueueStats;
          expect(queue).toMatchObject({ running: 0, delayed: 0 });
        },
        { timeout: 30_000, interval: 100 },
      );
    }

    const failed = await client.settled(killer.id);
    expect(failed).toMatchObject({ state: 'failed', lostLeases: limit, error: { code: 'lease-lost-too-often' } });
    await system.launch('worker');
    for (const [place, { id }] of others.entries()) {
      const finished = await client.settled(id);
      expect(finished).toMatchObject({ state: 'finished', lostLeases: 1 });
      const result = await client.download(finished.outputs[0]!.href);
      expect((await pixelsOf(result)).equals(await negatedPixelsOf(images[place]!))).toBe(true);
    }
  });
});
