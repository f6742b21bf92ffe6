import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { negatedPixelsOf, photo, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';

describe('the main job', () => {
  const system = System.shared();

  it('processes an uploaded photo and gives the result back', async () => {
    const { client } = system();
    const image = await png({ width: 1000, height: 1000 });

    const uploaded = await client.upload(image, {}, 'holiday.png');
    expect(uploaded.source).toMatchObject({ name: 'holiday.png', size: image.length, type: 'image/png' });

    const task = await client.settled(uploaded.id);
    expect(task).toMatchObject({ state: 'finished', leaseNumber: 1, failures: 0, error: null });
    expect(task.outputs).toMatchObject([{ name: 'image', type: 'image/png', width: 1000, height: 1000 }]);

    const result = await client.download(`/task/${task.id}/download`);
    expect(result.length).toBe(task.outputs[0]!.size);
    expect((await pixelsOf(result)).equals(await negatedPixelsOf(image))).toBe(true);
    expect((await client.download(`/task/${task.id}/source`)).equals(image)).toBe(true);
    expect(await (await client.fetch(`/task/${task.id}/ready`)).json()).toBe(true);
  });

  it.each(['jpeg', 'webp', 'avif', 'gif', 'tiff'] as const)(
    'gives a %s back in its own format, without what it says of the photographer',
    async (format) => {
      const { client } = system();
      const image = await photo({ width: 320, height: 200 })
        .withExif({ IFD0: { Artist: 'somebody' } })
        .toFormat(format)
        .toBuffer();
      const task = await client.settled((await client.upload(image)).id);
      expect(task).toMatchObject({ state: 'finished', outputs: [{ type: `image/${format}` }] });
      const result = await sharp(await client.download(task.outputs[0]!.href)).metadata();
      expect(result).toMatchObject({ width: 320, height: 200 });
      expect(result.exif).toBeUndefined();
    },
  );

  it('turns a photo upright', async () => {
    const { client } = system();
    const sideways = await photo({ width: 320, height: 200 }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const task = await client.settled((await client.upload(sideways)).id);
    expect(task.outputs).toMatchObject([{ width: 200, height: 320 }]);
  });

  it('fails a picture that cannot be decoded at once, and says why', async () => {
    const { client } = system();
    const whole = await png();
    const task = await client.settled((await client.upload(whole.subarray(0, whole.length / 2))).id);
    expect(task).toMatchObject({ state: 'failed', leaseNumber: 1, error: { code: 'undecodable-image' } });
    const download = await client.fetch(`/task/${task.id}/download`);
    expect(download.status).toBe(409);
    expect(await download.json()).toMatchObject({
      code: 'not-finished',
      detail: expect.stringContaining('undecodable-image') as string,
    });
  });
});
