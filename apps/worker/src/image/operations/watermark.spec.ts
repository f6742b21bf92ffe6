import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { animatedWebp, colours, pixelsOf } from '../../../test/pictures.js';
import { processOne } from '../../../test/processing.js';
import { ImageFailure } from '../image-failure.js';
import { drawWatermark, memoryOfWatermarks, readWatermark } from './watermark.js';

const half = (alpha = 0.5): Sharp =>
  sharp({ create: { width: 40, height: 20, channels: 4, background: { r: 200, g: 100, b: 50, alpha } } });

async function drawn(
  file: Buffer,
  opacity: number,
  width: number,
  height: number,
): Promise<Required<OverlayOptions>['raw'] & { pixel: number[] }> {
  const { input, raw } = await drawWatermark(await readWatermark(file), opacity, { width, height });
  return { ...raw!, pixel: [...(input as Buffer).subarray(0, 4)] };
}

describe('a watermark', () => {
  it.each([
    ['as large as it is', 40, 20, 40, 20],
    ['smaller, in its proportions', 10, 20, 10, 5],
    ['smaller, in its proportions', 40, 10.9, 20, 10],
    ['never larger', 400, 300, 40, 20],
    ['as one pixel at least', 0.3, 0.2, 1, 1],
  ])('is drawn %s, in a box of %d × %d', async (_how, width, height, drawnWidth, drawnHeight) => {
    const made = await drawn(await half().png().toBuffer(), 1, width, height);
    expect([made.width, made.height]).toEqual([drawnWidth, drawnHeight]);
  });

  it.each<[string, () => Sharp, number, number[]]>([
    ['with its own transparency', () => half().png(), 1, [200, 100, 50, 128]],
    ['with less of it', () => half().png(), 0.5, [200, 100, 50, 64]],
    ['without any of its own', () => half(1).removeAlpha().png(), 0.25, [200, 100, 50, 64]],
    ['of a palette', () => half().png({ palette: true }), 1, [200, 100, 50, 128]],
    ['of 16 bits', () => half().toColourspace('rgb16').png(), 0.5, [200, 100, 50, 64]],
    ['in grey', () => half(1).removeAlpha().toColourspace('b-w').png(), 1, [126, 126, 126, 255]],
    ['as WebP', () => half().webp({ lossless: true }), 1, [200, 100, 50, 128]],
  ])('keeps its colours: %s', async (_what, image, opacity, expected) => {
    const { channels, pixel } = await drawn(await image().toBuffer(), opacity, 40, 20);
    expect(channels).toBe(4);
    for (const [at, value] of pixel.entries()) expect(Math.abs(value - expected[at]!)).toBeLessThan(3);
  });

  it('comes to sRGB from its own profile', async () => {
    const inP3 = await half(1).removeAlpha().withIccProfile('p3').png().toBuffer();
    const { pixel } = await drawn(inP3, 1, 40, 20);
    for (const [at, value] of [200, 100, 50, 255].entries()) expect(Math.abs(pixel[at]! - value)).toBeLessThan(4);
  });

  it('comes to sRGB from CMYK', async () => {
    const cmyk = await half(1).removeAlpha().toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const { pixel } = await drawn(cmyk, 1, 40, 20);
    for (const [at, value] of [200, 100, 50, 255].entries()) expect(Math.abs(pixel[at]! - value)).toBeLessThan(40);
  });

  it('is turned upright, as its EXIF orientation says', async () => {
    const turned = await half(1).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await drawn(turned, 1, 40, 40)).toMatchObject({ width: 20, height: 40 });
  });

  it('is the first frame of an animation', async () => {
    expect(await drawn(await animatedWebp({ width: 24, height: 16 }), 1, 50, 50)).toMatchObject({
      width: 24,
      height: 16,
    });
  });

  it.each<[string, () => Promise<Buffer>, string]>([
    ['is no picture', async () => Buffer.from('nothing'), 'undecodable-image'],
    ['is cut off', async () => (await colours().png().toBuffer()).subarray(0, 600), 'undecodable-image'],
    [
      'is too large',
      () =>
        sharp({ create: { width: 4001, height: 1000, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      'too-many-pixels',
    ],
  ])('that %s fails for good, and by its name', async (_what, file, code) => {
    const failure = file().then((bytes) => drawn(bytes, 1, 20, 20));
    await expect(failure).rejects.toBeInstanceOf(ImageFailure);
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(/^The watermark /) as string });
  });

  it('takes memory for all of its pixels', async () => {
    const read = await readWatermark(await half().png().toBuffer());
    expect(memoryOfWatermarks(new Map([['a', read]]))).toBe(40 * 20 * 16);
    expect(memoryOfWatermarks(new Map())).toBe(0);
    const large = new Map([['logo', { ...read, width: 2000, height: 2000 }]]);
    const source = await colours().png().toBuffer();
    const limits = { imageMemoryBytes: 20e6 };
    const composite = { image: 'logo' };
    await expect(processOne(source, [{ composite }], {}, limits, large)).rejects.toMatchObject({
      code: 'too-much-memory',
    });
  });

  it('stands on every frame of an animation at the same place', async () => {
    const logo = await readWatermark(
      await sharp({ create: { width: 10, height: 8, channels: 3, background: '#0f0' } })
        .png()
        .toBuffer(),
    );
    const source = await animatedWebp({ width: 60, height: 40 });
    const composite = { image: 'logo', size: 1, opacity: 1, gravity: 'northwest' } as const;
    const made = await processOne(
      source,
      [{ composite }],
      { format: 'webp', quality: 100 },
      {},
      new Map([['logo', logo]]),
    );
    expect((await sharp(made.bytes).metadata()).pages).toBe(3);
    for (const page of [0, 1, 2]) {
      const { data } = await pixelsOf(await sharp(made.bytes, { page }).removeAlpha().png().toBuffer());
      const green = Array.from({ length: 60 * 40 }, (_pixel, at) => at).filter(
        (at) => data[at * 3]! < 80 && data[at * 3 + 1]! > 200 && data[at * 3 + 2]! < 80,
      );
      expect(green.length).toBeGreaterThan(50);
      expect(Math.max(...green.map((at) => at % 60))).toBeLessThan(11);
      expect(Math.max(...green.map((at) => Math.floor(at / 60)))).toBeLessThan(9);
    }
  });

  it('that was not brought along is a fault of the worker', async () => {
    const source = await colours().png().toBuffer();
    await expect(processOne(source, [{ composite: { image: 'logo' } }])).rejects.toThrow('was not brought along');
  });
});
