import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { heic, quadrantsOf } from '../apps/worker/test/heic-pictures.js';
import { pixelsOf } from './harness/photo.js';
import { refusalIn } from './harness/refusal.js';
import { System } from './harness/system.js';

const recipe = JSON.stringify({ outputs: { image: { operations: [], format: 'png' } } });

describe('A HEIC photo, with MICRO_HEIC', () => {
  const system = System.shared({ env: { MICRO_HEIC: 'true' } });

  it('is taken, and becomes a picture that is upright and in sRGB', async () => {
    const { client } = system();

    const { id, source } = await client.upload(heic('turned'), { recipe }, 'IMG_0001.HEIC');
    const task = await client.settled(id);

    expect(source).toMatchObject({ type: 'image/heic', name: 'IMG_0001.HEIC' });
    expect(task).toMatchObject({ state: 'finished', outputs: [{ type: 'image/png', width: 48, height: 64 }] });
    const data = await pixelsOf(await client.download(task.outputs[0]!.href));
    expect(quadrantsOf({ data, width: 48, height: 64, channels: 3 })).toEqual(['blue', 'red', 'yellow', 'green']);
    const download = await client.fetch(task.source.href);
    expect(download.headers.get('Content-Disposition')).toContain('IMG_0001.heic');
  });

  it('becomes a JPEG under a recipe that keeps the format', async () => {
    const { client } = system();

    const task = await client.settled((await client.upload(heic('p3'), { recipe: 'negate' })).id);

    expect(task).toMatchObject({ state: 'finished', outputs: [{ type: 'image/jpeg' }] });
    expect((await sharp(await client.download(task.outputs[0]!.href)).metadata()).format).toBe('jpeg');
  });

  it('that is cut off fails for good, and leaves its worker fit for the next', async () => {
    const { client } = system();
    const { pid } = system().process('worker-1');
    const whole = heic('plain');

    const cut = await client.settled((await client.upload(whole.subarray(0, whole.length - 50))).id);
    const next = await client.settled((await client.upload(whole)).id);

    expect(cut).toMatchObject({ state: 'failed', failures: 1, error: { code: 'undecodable-image' } });
    expect(cut.error!.detail).toBe('The picture cannot be decoded: the file is damaged, or cut off');
    expect(next.state).toBe('finished');
    expect(system().process('worker-1')).toMatchObject({ pid, hasEnded: false });
  });
});

it('A HEIC photo, without MICRO_HEIC, is refused with what can be done about it', async () => {
  const system = await System.start({ workers: 0 });
  const body = new FormData();
  body.append('image', new Blob([new Uint8Array(heic('plain'))]), 'IMG_0001.HEIC');

  const refusal = await refusalIn(await system.client.fetch('/task', { method: 'POST', body }));

  expect(refusal).toMatchObject({ status: 415, code: 'unsupported-image-type' });
  expect(refusal.detail).toContain('MICRO_HEIC=true');
});
