import type { Operation } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { animatedGif, colours, difference, pixelsOf } from '../../../test/pictures.js';
import { processOne } from '../../../test/processing.js';

const source = await colours({ width: 100, height: 50 }).png().toBuffer();
const around = (x: number, y: number, width = 40, height = 40): Operation => ({
  resize: { width, height, focus: { x, y } },
});

describe('a resize with a focus', () => {
  it.each([
    [0, 0],
    [0.5, 20],
    [1, 40],
    [0.4, 12],
  ])('crops around %f of the width', async (x, left) => {
    const made = await processOne(source, [around(x, 0.5)]);
    const scaled = await sharp(source).resize(80, 40, { fit: 'fill' }).png().toBuffer();
    const expected = await sharp(scaled).extract({ left, top: 0, width: 40, height: 40 }).png().toBuffer();
    expect(difference(await pixelsOf(made.bytes), await pixelsOf(expected))).toBe(0);
  });

  it('crops around a part of the height, too', async () => {
    const made = await processOne(source, [around(0.5, 1, 100, 20)]);
    const expected = await sharp(source).extract({ left: 0, top: 30, width: 100, height: 20 }).png().toBuffer();
    expect(difference(await pixelsOf(made.bytes), await pixelsOf(expected))).toBe(0);
  });

  it('does not enlarge when it must not', async () => {
    const made = await processOne(source, [
      { resize: { width: 400, height: 40, focus: { x: 0, y: 0 }, withoutEnlargement: true } },
    ]);
    expect([made.width, made.height]).toEqual([100, 40]);
  });

  it('crops every frame of an animation alike', async () => {
    const made = await processOne(await animatedGif(), [around(1, 0, 8, 16)], { format: 'gif' });
    expect(await sharp(made.bytes).metadata()).toMatchObject({ width: 8, height: 16, pages: 3 });
  });
});

it('a resize with the kernel nearest makes no new colours', async () => {
  const two = await sharp(Buffer.from([255, 0, 0, 0, 0, 255]), { raw: { width: 2, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  const made = await processOne(two, [{ resize: { width: 50, height: 10, fit: 'fill', kernel: 'nearest' } }]);
  const { data } = await pixelsOf(made.bytes);
  expect(new Set(Array.from({ length: 500 }, (_unused, at) => data.subarray(at * 3, at * 3 + 3).join())).size).toBe(2);
});

it('a median of squares larger than the picture repeats its edges', async () => {
  const narrow = await colours({ width: 90, height: 1 }).png().toBuffer();
  const made = await processOne(narrow, [{ median: { size: 5 } }]);
  const tall = await sharp(narrow).extend({ top: 4, bottom: 4, extendWith: 'copy' }).png().toBuffer();
  const expected = await sharp(await sharp(tall).median(5).png().toBuffer())
    .extract({ left: 0, top: 4, width: 90, height: 1 })
    .png()
    .toBuffer();
  expect(difference(await pixelsOf(made.bytes), await pixelsOf(expected))).toBe(0);
});
