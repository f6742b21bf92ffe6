import type { ImageFacts, OutputRecipe } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import { thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';
import { describe, expect, it } from 'vitest';
import { animatedGif, animatedWebp, colours } from '../../test/pictures.js';
import { processAll, processOne } from '../../test/processing.js';

const alphaFormats = ['png', 'webp', 'avif', 'gif', 'tiff'] as const;

async function factsOf(source: Buffer, output: Partial<OutputRecipe> = {}): Promise<ImageFacts> {
  const { facts } = await processOne(source, output.operations ?? [], { ...output, facts: true });
  expect(facts).not.toBeNull();
  return facts!;
}

function plain(background: string, width = 40, height = 20): Sharp {
  return sharp({ create: { width, height, channels: 4, background } });
}

/** A large opaque picture with one pixel of so much alpha. */
async function withOnePixel(alpha: number): Promise<Buffer> {
  const [width, height] = [900, 600];
  const pixels = Buffer.alloc(width * height * 4, 255);
  pixels[(width * 300 + 200) * 4 + 3] = alpha;
  return sharp(pixels, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

describe('the facts of an output', () => {
  it('are there where its recipe asks for them, and nowhere else', async () => {
    const source = await colours().png().toBuffer();
    const png = { operations: [], format: 'png' as const };

    const images = await processAll(source, { outputs: { asked: { ...png, facts: true }, not: png } });

    expect(images.map(({ facts }) => facts)).toEqual([expect.objectContaining({ hasAlpha: false }), null]);
  });

  it.each(['jpeg', ...alphaFormats] as const)('are read of every format: %s', async (format) => {
    const facts = await factsOf(await plain('#3465a4').png().toBuffer(), { format, operations: [{ flatten: {} }] });

    expect(facts).toMatchObject({ hasAlpha: false, camera: null, takenAt: null });
    const [red, green, blue] = [...Buffer.from(facts.dominantColour!.slice(1), 'hex')] as [number, number, number];
    for (const [value, expected] of [
      [red, 0x34],
      [green, 0x65],
      [blue, 0xa4],
    ] as const) {
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(4);
    }
  });

  it('are those of the output, not of the source', async () => {
    const source = await plain('#ff0000').png().toBuffer();

    expect(await factsOf(source, { operations: [{ negate: {} }] })).toMatchObject({ dominantColour: '#00ffff' });
  });

  it('have a thumbhash that looks like the output', async () => {
    const left = { input: await plain('#204080', 200, 300).png().toBuffer(), gravity: 'west' };
    const source = await plain('#e0c020', 400, 300).composite([left]).png().toBuffer();

    const hash = Buffer.from((await factsOf(source)).thumbhash, 'base64');

    const { w, h, rgba } = thumbHashToRGBA(hash);
    expect(w / h).toBeCloseTo(4 / 3, 0);
    const [dark, light] = [rgba.subarray(0, 3), rgba.subarray((w - 1) * 4, (w - 1) * 4 + 3)];
    expect(dark[2]!).toBeGreaterThan(dark[0]!);
    expect(light[0]!).toBeGreaterThan(light[2]!);
    expect(hash.length).toBeLessThanOrEqual(25);
  });

  it.each([
    ['a single pixel', () => plain('#808080', 1, 1)],
    ['a line', () => plain('#808080', 3000, 1)],
    ['a grey picture', () => colours().grayscale()],
    ['a transparent grey picture', () => colours({ alpha: true }).toColourspace('b-w')],
    ['16 bits a channel', () => colours({ alpha: true }).toColourspace('rgb16')],
    ['a picture without anything', () => plain('transparent')],
  ])('are there for %s', async (_what, picture) => {
    const { thumbhash } = await factsOf(await picture().png().toBuffer());

    const average = thumbHashToAverageRGBA(Buffer.from(thumbhash, 'base64'));
    for (const value of Object.values(average)) expect(value).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['GIF', animatedGif, 'gif'],
    ['WebP', animatedWebp, 'webp'],
  ] as const)('are those of the first frame of an animated %s', async (_what, animation, format) => {
    const [first, whole] = [
      await factsOf(await animation(), { format: 'png' }),
      await factsOf(await animation(), { format }),
    ];

    expect(whole.hasAlpha).toBe(false);
    const hashes = [first, whole].map(({ thumbhash }) => thumbHashToAverageRGBA(Buffer.from(thumbhash, 'base64')));
    for (const channel of ['r', 'g', 'b'] as const) {
      expect(hashes[0]![channel]).toBeCloseTo(hashes[1]![channel], 1);
    }
  });

  describe('say whether any pixel is transparent:', () => {
    it.each(alphaFormats)('%s with transparency', async (format) => {
      const source = await plain('#ff000000').png().toBuffer();

      expect(await factsOf(source, { format })).toMatchObject({ hasAlpha: true, dominantColour: null });
    });

    it.each(alphaFormats)('%s with an alpha channel that hides nothing', async (format) => {
      const source = await plain('#ff0000').png().toBuffer();

      expect(await factsOf(source, { format })).toMatchObject({ hasAlpha: false });
    });

    it.each([0, 128, 254])('one pixel among many, of alpha %i', async (alpha) => {
      expect(await factsOf(await withOnePixel(alpha))).toMatchObject({ hasAlpha: true, dominantColour: '#ffffff' });
    });

    it('a transparent picture as JPEG, which cannot show it', async () => {
      const source = await plain('#ff000080').png().toBuffer();

      expect(await factsOf(source, { format: 'jpeg' })).toMatchObject({ hasAlpha: false });
    });
  });

  it('tell the camera and the time of the source, which the output itself does not', async () => {
    const exif = {
      IFD0: { Make: 'Apple', Model: 'iPhone 15' },
      IFD2: { DateTimeOriginal: '2024:05:06 07:08:09', OffsetTimeOriginal: '+02:00' },
      IFD3: { GPSLatitude: '51/1 30/1 0/1' },
    };
    const source = await colours().jpeg().withExif(exif).toBuffer();

    const facts = await factsOf(source, { format: 'jpeg' });

    expect(Object.keys(facts).sort()).toEqual(['camera', 'dominantColour', 'hasAlpha', 'takenAt', 'thumbhash']);
    expect(facts).toMatchObject({ camera: 'Apple iPhone 15', takenAt: '2024-05-06T07:08:09+02:00' });
  });
});
