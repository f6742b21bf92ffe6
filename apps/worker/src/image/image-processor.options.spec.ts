import type { Operation, OutputRecipe } from '#contracts';
import sharp, { type Metadata } from 'sharp';
import { describe, expect, it } from 'vitest';
import { animatedGif, animatedWebp, colours, difference, pixelsOf, type Pixels } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';

/** The first pixel of an output. */
async function firstPixel(source: Buffer, operations: Operation[], output: Partial<OutputRecipe>): Promise<number[]> {
  const { data, channels } = await pixelsOf((await processOne(source, operations, output)).bytes);
  return [...data.subarray(0, channels)];
}

async function metadataOf(source: Buffer, output: Partial<OutputRecipe>): Promise<Metadata> {
  return sharp((await processOne(source, [], output)).bytes).metadata();
}

/** All that is seen of a picture, with its transparency. */
async function visible(picture: Buffer): Promise<Pixels> {
  return pixelsOf(await sharp(picture).ensureAlpha().png().toBuffer());
}

/** As many colours as the palette of a PNG has room for, some of them transparent. */
async function paletted(bits: number): Promise<Buffer> {
  const [side, count] = [48, 2 ** bits];
  const pixels = Buffer.alloc(side * side * 4);
  for (let at = 0; at < side * side; at++) {
    const colour = at % count;
    pixels.set([(colour * 97) % 256, (colour * 31 + 5) % 256, colour, colour % 3 ? 255 : 1 + colour], at * 4);
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 4 } })
    .png({ palette: true, colours: count })
    .toBuffer();
}

describe('background', () => {
  const clear = { create: { width: 16, height: 16, channels: 4 as const, background: 'transparent' } };
  const transparent = (): Promise<Buffer> => sharp(clear).png().toBuffer();
  const opaque = (): Promise<Buffer> => sharp(clear).flatten({ background: '#0000ff' }).png().toBuffer();

  it('is what a transparent picture is laid on in JPEG: white, unless the recipe has another colour', async () => {
    const source = await transparent();
    expect(await firstPixel(source, [], { format: 'jpeg' })).toEqual([255, 255, 255]);
    expect(await firstPixel(source, [], { format: 'jpeg', background: '#000' })).toEqual([0, 0, 0]);
    const [red, green, blue] = await firstPixel(source, [], { format: 'jpeg', background: '#00f' });
    expect([red! < 5, green! < 5, blue! > 250]).toEqual([true, true, true]);
  });

  it('comes after all operations', async () => {
    const source = await transparent();
    const negative: Operation[] = [{ negate: {} }];
    expect(await firstPixel(source, negative, { format: 'jpeg' })).toEqual([255, 255, 255]);
    const flat: Operation[] = [{ flatten: { background: '#fff' } }, { negate: {} }];
    expect(await firstPixel(source, flat, { format: 'jpeg' })).toEqual([0, 0, 0]);
  });

  it.each<[string, Operation[]]>([
    ['a margin', [{ extend: { left: 9, background: 'transparent' } }]],
    ['a corner', [{ rotate: { angle: 45, background: '#0000' } }]],
    ['a bar', [{ resize: { width: 20, height: 40, fit: 'contain', background: '#00000000' } }]],
    ['all of it', [{ composite: { text: 'Hi', size: 0.9 } }, { linear: { a: [1, 1, 1, 0], b: [0, 0, 0, 0] } }]],
  ])('shows where operations made an opaque picture transparent: %s', async (_what, operations) => {
    const [red, green, blue] = await firstPixel(await opaque(), operations, { format: 'jpeg', background: '#fff' });
    expect(Math.min(red!, green!, blue!)).toBeGreaterThan(200);
  });

  it('blends with what is half transparent', async () => {
    const half = { create: { ...clear.create, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } };
    const source = await sharp(half).png().toBuffer();
    const [red, green, blue] = await firstPixel(source, [{ flop: {} }, { flip: {} }], { format: 'jpeg' });
    expect(red).toBeGreaterThan(250);
    expect(Math.abs(green! - 127) + Math.abs(blue! - 127)).toBeLessThan(6);
  });

  it('changes nothing of formats with transparency', async () => {
    const source = await transparent();
    for (const format of ['png', 'webp'] as const) {
      expect(await firstPixel(source, [], { format })).toEqual([0, 0, 0, 0]);
    }
    expect(await firstPixel(source, [], { format: 'same', background: '#00f' })).toEqual([0, 0, 0, 0]);
  });
});

describe('chromaSubsampling', () => {
  it('of a JPEG is 4:2:0 below a quality of 90, and 4:4:4 from there', async () => {
    const source = await colours().png().toBuffer();
    const of = async (options: Partial<OutputRecipe>): Promise<string | undefined> =>
      (await metadataOf(source, { format: 'jpeg', ...options })).chromaSubsampling;
    expect(await of({})).toBe('4:2:0');
    expect(await of({ quality: 89 })).toBe('4:2:0');
    expect(await of({ quality: 90 })).toBe('4:4:4');
    expect(await of({ quality: 95, chromaSubsampling: '4:2:0' })).toBe('4:2:0');
    expect(await of({ quality: 20, chromaSubsampling: '4:4:4' })).toBe('4:4:4');
  });

  it('of an AVIF is 4:4:4 unless it is told otherwise', async () => {
    const source = await colours({ width: 200, height: 200 }).png().toBuffer();
    const size = async (options: Partial<OutputRecipe>): Promise<number> =>
      (await processOne(source, [], { format: 'avif', quality: 60, ...options })).size;
    const full = await size({});
    expect(await size({ chromaSubsampling: '4:4:4' })).toBe(full);
    expect(await size({ chromaSubsampling: '4:2:0' })).toBeLessThan(full);
  });
});

describe('lossless', () => {
  it.each(['webp', 'avif'] as const)('keeps every pixel of a %s, with its transparency', async (format) => {
    for (const alpha of [false, true]) {
      const source = await colours({ alpha }).png().toBuffer();
      const exact = await processOne(source, [], { format, lossless: true });
      expect(difference(await visible(exact.bytes), await visible(source))).toBe(0);
      const lossy = await processOne(source, [], { format, lossless: false, quality: 50 });
      expect(difference(await visible(lossy.bytes), await visible(source))).toBeGreaterThan(0.5);
    }
  });

  it.each(['png', 'avif'] as const)('keeps every pixel of an AVIF whose source is a %s', async (format) => {
    // Such a source says by which matrix its colours were mixed.
    const source = await colours().toFormat(format, { quality: 90 }).toBuffer();
    const exact = await processOne(source, [], { format: 'avif', lossless: true });
    expect(difference(await visible(exact.bytes), await visible(source))).toBe(0);
  });
});

describe('palette', () => {
  it.each([1, 2, 4, 8])('of %i bits is kept in the same format, with exactly its colours', async (bits) => {
    const source = await paletted(bits);
    const moved: Operation[] = [{ flop: {} }, { extract: { left: 1, top: 1, width: 30, height: 30 } }];
    for (const operations of [[], moved]) {
      const made = await processOne(source, operations, { format: 'same' });
      expect(await sharp(made.bytes).metadata()).toMatchObject({ isPalette: true, bitsPerSample: bits });
      const plain = await processOne(source, operations, { format: 'same', palette: false });
      expect(await sharp(plain.bytes).metadata()).toMatchObject({ isPalette: false, bitsPerSample: 8 });
      expect(difference(await visible(made.bytes), await visible(plain.bytes))).toBe(0);
    }
  });

  it('is given up when operations make other colours, so that none is lost', async () => {
    const source = await paletted(4);
    const operations: Operation[] = [{ resize: { width: 30 } }];
    const made = await processOne(source, operations, { format: 'same' });
    expect(await sharp(made.bytes).metadata()).toMatchObject({ isPalette: false });
    const kept = await processOne(source, operations, { format: 'same', palette: true });
    expect(await sharp(kept.bytes).metadata()).toMatchObject({ isPalette: true });
  });

  it('presses a picture into 256 colours where it is asked for', async () => {
    const source = await colours({ width: 200, height: 200, alpha: true }).png().toBuffer();
    const made = await processOne(source, [], { palette: true });
    expect(await sharp(made.bytes).metadata()).toMatchObject({ isPalette: true, hasAlpha: true });
    const { data } = await visible(made.bytes);
    const found = new Set(Array.from({ length: data.length / 4 }, (_pixel, at) => data.readUInt32BE(at * 4)));
    expect(found.size).toBeGreaterThan(200);
    expect(found.size).toBeLessThanOrEqual(256);
    expect(difference(await visible(made.bytes), await visible(source))).toBeLessThan(12);
  });

  it('is not asked of other formats by `same`', async () => {
    const made = await processOne(await colours().tiff().toBuffer(), [], { format: 'same', palette: true });
    expect(await sharp(made.bytes).metadata()).toMatchObject({ format: 'tiff', isPalette: false });
  });
});

describe('animated', () => {
  it('refuses an animation, whether its format could keep it or not, if it says so', async () => {
    for (const source of [await animatedGif(), await animatedWebp()]) {
      for (const format of ['same', 'png', 'webp'] as const) {
        await expect(processOne(source, [], { format, animated: 'refuse' })).rejects.toMatchObject({
          code: 'recipe-does-not-fit',
          message: 'The picture is animated, which the output image refuses',
        });
      }
      const kept = await processOne(source, [], { format: 'webp', animated: 'keep' });
      expect((await sharp(kept.bytes).metadata()).pages).toBe(3);
    }
  });

  it('refuses no still', async () => {
    for (const still of [colours().gif(), colours().webp(), colours().png()]) {
      const made = await processOne(await still.toBuffer(), [], { format: 'same', animated: 'refuse' });
      expect(made.width).toBe(48);
    }
  });
});

describe('a grey picture', () => {
  it.each(['jpeg', 'png', 'tiff'] as const)('is written as %s in one channel', async (format) => {
    const source = await colours().toColourspace('b-w').png().toBuffer();
    const made = await processOne(source, [], { format });
    expect(await sharp(made.bytes).metadata()).toMatchObject({ channels: 1, space: 'b-w', depth: 'uchar' });
    const [grey, before] = await Promise.all([made.bytes, source].map((file) => pixelsOf(file)));
    if (format === 'jpeg') expect(difference(grey!, before!)).toBeLessThan(6);
    else expect(grey!.data.equals(before!.data)).toBe(true);
  });

  it.each(['png', 'tiff'] as const)('keeps its transparency as %s', async (format) => {
    const source = await colours({ alpha: true }).toColourspace('b-w').png().toBuffer();
    const made = await processOne(source, [], { format });
    expect(await sharp(made.bytes).metadata()).toMatchObject({ channels: 2, space: 'b-w', hasAlpha: true });
    expect((await pixelsOf(made.bytes)).data.equals((await pixelsOf(source)).data)).toBe(true);
  });

  it.each(['webp', 'avif'] as const)('is the same as %s, which knows colours only', async (format) => {
    const source = await colours({ alpha: true }).toColourspace('b-w').png().toBuffer();
    const made = await processOne(source, [], { format, lossless: true });
    const [grey, before] = await Promise.all(
      [made.bytes, source].map(async (file) =>
        pixelsOf(await sharp(file).toColourspace('srgb').tiff({ compression: 'none' }).toBuffer()),
      ),
    );
    expect(difference(grey!, before!)).toBe(0);
  });
});
