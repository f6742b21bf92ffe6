import { createHash } from 'node:crypto';
import { pictureKey, Problem, type Recipe } from '#contracts';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { StorageStandIn } from '../../test/storage-stand-in.js';
import { WatermarkCache } from './watermark-cache.js';
import { DamagedDownload } from './work-folder.js';

const drawing = (...images: string[]): Recipe => ({
  outputs: { a: { operations: images.map((image) => ({ composite: { image } })), format: 'png' } },
});

function png(side: number): Promise<Buffer> {
  return sharp({ create: { width: side, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
}

describe('WatermarkCache', () => {
  let storage: StorageStandIn;
  let cache: WatermarkCache;

  beforeEach(async () => {
    storage = await StorageStandIn.start();
    cache = new WatermarkCache(storage.client);
  });

  /** @returns the key */
  function stored(bytes: Buffer): string {
    const key = pictureKey(createHash('sha256').update(bytes).digest('hex'));
    storage.files.set(key, bytes);
    return key;
  }

  it('downloads what a recipe draws, once for all tasks', async () => {
    const [one, other] = [await png(3), await png(4)];
    const keys = [stored(one), stored(other)];

    const [first] = await Promise.all([cache.ofRecipe(drawing(...keys, keys[0]!)), cache.ofRecipe(drawing(keys[0]!))]);
    await cache.ofRecipe(drawing(...keys));

    expect([...first]).toEqual([
      [keys[0], { bytes: one, width: 3, height: 2 }],
      [keys[1], { bytes: other, width: 4, height: 2 }],
    ]);
    expect(storage.count('GET')).toBe(2);
  });

  it('asks for nothing when a recipe draws no picture', async () => {
    const recipe: Recipe = { outputs: { a: { operations: [{ composite: { text: 'Hi' } }], format: 'png' } } };

    expect((await cache.ofRecipe(recipe)).size).toBe(0);
    expect(storage.requests).toEqual([]);
  });

  it('keeps those that were asked for last', async () => {
    const keys = await Promise.all(Array.from({ length: 33 }, async (_, number) => stored(await png(number + 1))));
    for (const key of keys.slice(0, 32)) await cache.ofRecipe(drawing(key));
    await cache.ofRecipe(drawing(keys[0]!));
    await cache.ofRecipe(drawing(keys[32]!));
    expect(storage.count('GET')).toBe(33);

    await cache.ofRecipe(drawing(keys[0]!));
    expect(storage.count('GET')).toBe(33);
    await cache.ofRecipe(drawing(keys[1]!));
    expect(storage.count('GET')).toBe(34);
  });

  it.each(['shorter', 'longer', 'altered', 'broken off'] as const)(
    'takes no other bytes than those of the key, and asks again: %s',
    async (damage) => {
      const bytes = await png(3);
      const key = stored(bytes);
      storage.damages.push(damage);

      await expect(cache.ofRecipe(drawing(key))).rejects.toBeInstanceOf(DamagedDownload);

      expect((await cache.ofRecipe(drawing(key))).get(key)!.bytes).toEqual(bytes);
    },
  );

  it('reads no further than a picture may be large', async () => {
    const key = stored(Buffer.alloc(5_000_000));

    await expect(cache.ofRecipe(drawing(key))).rejects.toBeInstanceOf(DamagedDownload);
    await expect.poll(() => storage.openDownloads).toBe(0);
  });

  it('says what storage says, and asks again', async () => {
    const bytes = await png(3);
    const key = stored(bytes);
    storage.refusals.GET.push(new Problem('file-not-found', 'There is no file'));

    await expect(cache.ofRecipe(drawing(key))).rejects.toMatchObject({ code: 'file-not-found' });

    expect((await cache.ofRecipe(drawing(key))).size).toBe(1);
  });

  it('fails for good for bytes that are no picture', async () => {
    const key = stored(Buffer.from('no picture'));

    await expect(cache.ofRecipe(drawing(key))).rejects.toMatchObject({ name: 'ImageFailure' });
  });

  it('does not ask storage for a name', async () => {
    await expect(cache.ofRecipe(drawing('logo'))).rejects.toMatchObject({ code: 'file-not-found' });
    expect(storage.requests).toEqual([]);
  });

  it('does not know a recipe that this worker does not know', async () => {
    const recipe = { outputs: { a: { layers: [] } } } as unknown as Recipe;

    await expect(cache.ofRecipe(recipe)).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
