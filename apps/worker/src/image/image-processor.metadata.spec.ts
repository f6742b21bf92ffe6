import type { Operation, OutputRecipe } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { exifTagsOf, exifWith, secrets, withSegment } from '../../test/exif.js';
import { animatedWebp, colours, difference, pixelsOf, timing } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';

const formats = ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const;

const onePass: Operation[] = [];
const passes: Operation[] = [{ negate: {} }, { flop: {} }, { blur: {} }];

/** What a file says of its density, in pixels per inch. */
async function densityOf(file: Buffer): Promise<unknown> {
  const { density } = await sharp(file).metadata();
  return density ?? (await exifTagsOf(file)).XResolution;
}

const picture = (): Sharp => colours().withDensity(300);

describe('the density of an output', () => {
  const sources: Record<string, () => Promise<Buffer>> = {
    jpeg: () => picture().jpeg().toBuffer(),
    png: () => picture().png().toBuffer(),
    webp: () => picture().webp().toBuffer(),
    avif: () => picture().avif().toBuffer(),
    tiff: () => picture().tiff().toBuffer(),
    'a TIFF in centimetres': () =>
      colours()
        .tiff({ xres: 300 / 25.4, yres: 300 / 25.4, resolutionUnit: 'cm' })
        .toBuffer(),
  };

  it.each(Object.keys(sources))('is that of its source, in whatever format: %s', async (from) => {
    const source = await sources[from]!();
    for (const format of ['same', ...formats] as const) {
      for (const operations of [onePass, passes]) {
        const made = await processOne(source, operations, { format });
        expect(await densityOf(made.bytes), format).toBe(300);
        expect(made.size, format).toBe(made.bytes.length);
      }
    }
  });

  it.each(formats)('is the one of the recipe, if it has one: %s', async (format) => {
    const made = await processOne(await sources.png!(), passes, { format, density: 150 });
    expect(await densityOf(made.bytes)).toBe(150);
    const exact = await processOne(await sources.png!(), [], { format, density: 203.2 });
    // Of JPEG it is a whole number; sharp rounds what it reads of PNG and TIFF.
    expect(Math.round((await densityOf(exact.bytes)) as number)).toBe(203);
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('is not said where it is not known: %s', async (format) => {
    for (const source of [await colours().jpeg().toBuffer(), await colours().png().toBuffer()]) {
      for (const operations of [onePass, passes]) {
        const made = await processOne(source, operations, { format });
        const { density = 72, exif } = await sharp(made.bytes).metadata();
        // 72 is what libvips says of a JPEG that does not say it.
        expect({ density, exif }, format).toEqual({ density: 72, exif: undefined });
      }
    }
  });

  it('is 72 in TIFF, which must have one, where it is not known', async () => {
    const made = await processOne(await colours().png().toBuffer(), passes, { format: 'tiff' });
    expect(await densityOf(made.bytes)).toBe(72);
  });
});

async function rightsOf(file: Buffer): Promise<unknown> {
  const { Copyright, Artist } = await exifTagsOf(file);
  return { copyright: Copyright, artist: Artist };
}

describe('keep: copyright', () => {
  const rights = { copyright: Buffer.from('© 2024 Jürgen 漢字'), artist: Buffer.from('J\xfcrgen', 'latin1') };
  const keep = ['copyright' as const];

  /** A photo with rights and secrets of every kind. */
  async function photo(): Promise<Buffer> {
    const jpeg = await colours().withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">XMP NAME</x:xmpmeta>').jpeg().toBuffer();
    const withComment = withSegment(jpeg, 0xfe, Buffer.from('COMMENT'));
    return withSegment(withComment, 0xe1, exifWith(rights));
  }

  const end = Buffer.of(0);
  const kept = { copyright: Buffer.concat([rights.copyright, end]), artist: Buffer.concat([rights.artist, end]) };

  it.each(formats)('keeps Copyright and Artist byte for byte, and nothing else, as %s', async (format) => {
    const source = await photo();
    for (const operations of [onePass, passes]) {
      const [made, bare] = await Promise.all(
        [{ keep }, {}].map((options: Partial<OutputRecipe>) => processOne(source, operations, { format, ...options })),
      );
      expect(await rightsOf(made!.bytes)).toEqual(kept);
      expect(await rightsOf(bare!.bytes)).toEqual({});
      for (const { bytes } of [made!, bare!]) {
        expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
        const { xmp, iptc, icc } = await sharp(bytes).metadata();
        expect({ xmp, iptc, icc }).toEqual({});
      }
      expect(difference(await pixelsOf(made!.bytes), await pixelsOf(bare!.bytes))).toBe(0);
    }
  });

  const chains = formats.flatMap((from) => formats.map((format) => [from, format] as const));
  it.each(chains)('is kept by an output from an output: %s to %s', async (from, format) => {
    const first = await processOne(await photo(), [], { format: from, keep });
    const second = await processOne(first.bytes, [{ resize: { width: 31 } }], { format, keep, density: 300 });
    expect(await rightsOf(second.bytes)).toEqual(kept);
    expect(await densityOf(second.bytes)).toBe(300);
  });

  it.each<[string, Partial<OutputRecipe>]>([
    ['a lossy one', {}],
    ['a lossless one', { lossless: true }],
  ])('leaves a WebP what it was: %s', async (_what, options) => {
    for (const alpha of [false, true]) {
      const source = await colours({ width: 47, height: 31, alpha })
        .png()
        .withExif({ IFD0: { Artist: 'Anna' } })
        .toBuffer();
      const [made, bare] = await Promise.all(
        [{ keep }, {}].map((rest: object) => processOne(source, [], { format: 'webp', ...options, ...rest })),
      );
      const { width, height, hasAlpha } = await sharp(made!.bytes).metadata();
      expect({ width, height, hasAlpha }).toEqual({ width: 47, height: 31, hasAlpha: alpha });
      expect(await pixelsOf(made!.bytes)).toEqual(await pixelsOf(bare!.bytes));
    }
  });

  it('leaves an animation what it was', async () => {
    const source = await sharp(await animatedWebp(), { animated: true })
      .withExif({ IFD0: { Artist: 'Anna' } })
      .webp({ lossless: true })
      .toBuffer();
    const made = await processOne(source, [], { format: 'same', keep });
    expect(await rightsOf(made.bytes)).toEqual({ artist: 'Anna' });
    const { pages, delay, loop } = await sharp(made.bytes).metadata();
    expect({ pages, delay, loop }).toEqual({ pages: 3, ...timing });
    const bare = await processOne(source, [], { format: 'same' });
    expect(await pixelsOf(made.bytes, true)).toEqual(await pixelsOf(bare.bytes, true));
  });

  it('keeps nothing where there is nothing, or nothing that can be read', async () => {
    const jpeg = await colours().jpeg().toBuffer();
    const damaged = withSegment(jpeg, 0xe1, Buffer.from('Exif\0\0MM\0*\xff\xff\xff\xff', 'latin1'));
    for (const source of [jpeg, damaged]) {
      const made = await processOne(source, [], { format: 'same', keep });
      expect((await sharp(made.bytes).metadata()).exif).toBeUndefined();
    }
  });
});
