import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { animatedGif, colours, pixelsOf } from '../../test/pictures.js';
import { fileWithPicture, handOver, type Picture } from './picture.js';
import { inspectFile } from './source-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileWith(bytes: Buffer, animated: boolean, pixelLimit = 1e6): Promise<Picture> {
  const path = join(folder, 'source');
  await writeFile(path, bytes);
  return fileWithPicture(await inspectFile(path, 1e6), animated, pixelLimit);
}

describe('the picture in a file', () => {
  it('has the size that is seen, not the size that is stored', async () => {
    const picture = await fileWith(await colours().jpeg().withMetadata({ orientation: 6 }).toBuffer(), false);
    expect(picture).toMatchObject({ canvas: { width: 32, height: 48, frames: 1, grey: false }, plain: false });
    expect((await picture.open(true).toBuffer({ resolveWithObject: true })).info).toMatchObject({
      width: 32,
      height: 48,
    });
  });

  it('has all frames where an animation is wanted, and else the first', async () => {
    const gif = await animatedGif();
    const moving = await fileWith(gif, true);
    expect(moving).toMatchObject({ canvas: { width: 24, height: 16, frames: 3 }, plain: true });
    expect((await moving.open(true).raw().toBuffer({ resolveWithObject: true })).info.height).toBe(48);
    const still = await fileWith(gif, false);
    expect(still.canvas).toMatchObject({ width: 24, height: 16, frames: 1 });
    expect((await still.open(true).raw().toBuffer({ resolveWithObject: true })).info.height).toBe(16);
  });

  it('is grey when it has one channel for all colours', async () => {
    expect((await fileWith(await colours().toColourspace('b-w').png().toBuffer(), false)).canvas.grey).toBe(true);
    expect((await fileWith(await colours().png().toBuffer(), false)).canvas.grey).toBe(false);
  });

  it('is not plain in other colours than sRGB', async () => {
    expect((await fileWith(await colours().png().toBuffer(), false)).plain).toBe(true);
    expect((await fileWith(await colours().withIccProfile('p3').png().toBuffer(), false)).plain).toBe(false);
    expect((await fileWith(await colours().toColourspace('cmyk').jpeg().toBuffer(), false)).plain).toBe(false);
  });

  it('cannot be opened when it is larger than the limit', async () => {
    const picture = await fileWith(await colours().png().toBuffer(), false, 48 * 32 - 1);
    await expect(picture.open(true).toBuffer()).rejects.toThrow('pixel limit');
  });
});

describe('a picture that is handed over', () => {
  it('is the same picture', async () => {
    for (const alpha of [false, true]) {
      const source = await colours({ alpha }).png().toBuffer();
      const picture = await handOver(sharp(source), [{ negate: {} }], { grey: false });
      expect(picture).toMatchObject({ canvas: { width: 48, height: 32, frames: 1, alpha, grey: false }, plain: true });
      expect(await pixelsOf(await picture.open(true).png().toBuffer())).toEqual(await pixelsOf(source));
    }
  });

  it('keeps its transparency when it was made grey', async () => {
    const source = await colours({ alpha: true }).png().toBuffer();
    const picture = await handOver(sharp(source).grayscale(), [{ grayscale: {} }], { grey: false });
    const expected = await sharp(source).grayscale().png().toBuffer();
    expect((await pixelsOf(await picture.open(true).png().toBuffer())).channels).toBe(4);
    expect(await pixelsOf(await picture.open(true).png().toBuffer())).toEqual(
      await pixelsOf(await sharp(expected).toColourspace('srgb').png().toBuffer()),
    );
  });

  it('keeps its frames', async () => {
    const gif = await animatedGif();
    for (const operation of [{ grayscale: {} }, { flop: {} }]) {
      const picture = await handOver(sharp(gif, { animated: true }).resize({ width: 12 }), [operation], {
        grey: false,
      });
      expect(picture.canvas).toMatchObject({ width: 12, height: 8, frames: 3 });
      const { info } = await picture.open(true).extend({ top: 2 }).raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 12, height: 30, pageHeight: 10, pages: 3 });
    }
  });
});
