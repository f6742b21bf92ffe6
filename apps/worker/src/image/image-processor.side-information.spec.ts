import { outputFormats, type Operation } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { colours, difference, frames, pixelsOf } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';

const formats = outputFormats.filter((format) => format !== 'same');

/** Two colours, of which an edge makes others when it is blurred. */
const stripes = (): Sharp => {
  const pixels = Buffer.from(Array.from({ length: 24 * 16 }, (_pixel, at) => (Math.floor(at / 4) % 2 ? 255 : 0)));
  return sharp(pixels, { raw: { width: 24, height: 16, channels: 1 } });
};

/** Files that say more of their picture than its pixels, which libvips keeps beside them up to the encoder. */
const sources: Record<string, () => Promise<Buffer>> = {
  'a GIF with its palette': () => colours().gif({ colours: 4 }).toBuffer(),
  'a transparent GIF': () => colours({ alpha: true }).gif({ colours: 8 }).toBuffer(),
  'a PNG with a palette of two colours': () => stripes().png({ palette: true, colours: 2 }).toBuffer(),
  'an interlaced PNG': () => colours({ alpha: true }).png({ progressive: true }).toBuffer(),
  'a TIFF in tiles with smaller pictures in it': () =>
    colours({ width: 600, height: 400 }).tiff({ tile: true, pyramid: true, compression: 'lzw' }).toBuffer(),
  'a TIFF in centimetres': () => colours().tiff({ xres: 50, yres: 50, resolutionUnit: 'cm' }).toBuffer(),
  'a progressive JPEG of full colour resolution': () =>
    colours().jpeg({ progressive: true, chromaSubsampling: '4:4:4', quality: 97 }).toBuffer(),
  'a lossless AVIF': () => colours().avif({ lossless: true }).toBuffer(),
  'a lossless WebP': () => colours({ alpha: true }).webp({ lossless: true }).toBuffer(),
};

/** Their operations are done before their colours are rounded to 8 bits. */
const deepSources: Record<string, () => Promise<Buffer>> = {
  'a PNG of 16 bits': () => colours().toColourspace('rgb16').png().toBuffer(),
  'an AVIF of 10 bits': () => colours().avif({ bitdepth: 10, lossless: true }).toBuffer(),
};

const recipes: Record<string, Operation[]> = {
  'in one pass': [{ linear: { a: 0.7, b: 40 } }, { negate: {} }],
  'in several': [{ flop: {} }, { blur: { sigma: 2 } }, { negate: {} }, { resize: { width: 20 } }],
};

/** The pixels of a file, in one that says nothing else of them but their density. */
async function bare(file: Buffer, animated = false): Promise<Buffer> {
  const { density = 72 } = await sharp(file).metadata();
  const { data, info } = await sharp(file, { animated }).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels, pageHeight } = info;
  return sharp(data, { raw: { width, height, channels, ...(pageHeight && { pageHeight }) } })
    .withDensity(density)
    .toFormat(animated ? 'webp' : 'png', { lossless: true, delay: 90 })
    .toBuffer();
}

describe.each(Object.keys(sources))('%s', (name) => {
  it.each(Object.keys(recipes))('gives byte for byte what its pixels alone give, %s', async (passes) => {
    const source = await sources[name]!();
    const pixels = await bare(source);
    for (const format of formats) {
      const [made, expected] = await Promise.all(
        [source, pixels].map((file) => processOne(file, recipes[passes]!, { format })),
      );
      expect(made!.bytes.equals(expected!.bytes), format).toBe(true);
    }
  });
});

describe.each(Object.keys(deepSources))('%s', (name) => {
  it.each(Object.keys(recipes))('gives 8 bits a channel, and what its pixels alone give, %s', async (passes) => {
    const source = await deepSources[name]!();
    const pixels = await bare(source);
    for (const format of ['png', 'tiff', 'avif'] as const) {
      const [made, expected] = await Promise.all(
        [source, pixels].map((file) => processOne(file, recipes[passes]!, { format })),
      );
      expect(await sharp(made!.bytes).metadata(), format).toMatchObject({ depth: 'uchar', bitsPerSample: 8 });
      // Beside what AVIF itself loses.
      expect(difference(await pixelsOf(made!.bytes), await pixelsOf(expected!.bytes)), format).toBeLessThan(3);
    }
  });
});

describe('an animated GIF', () => {
  it.each(Object.entries(recipes))(
    'gives frame for frame what its pixels alone give, %s',
    async (_name, operations) => {
      // Of frames that share the colours of one palette.
      const source = await frames().gif({ delay: 90, interPaletteMaxError: 256 }).toBuffer();
      const made = await processOne(source, operations, { format: 'gif' });
      const expected = await processOne(await bare(source, true), operations, { format: 'gif' });
      expect(difference(await pixelsOf(made.bytes, true), await pixelsOf(expected.bytes, true))).toBeLessThan(1);
    },
  );
});
