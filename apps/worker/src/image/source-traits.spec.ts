import { bytesOf } from '#image-file';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { exifWith } from '../../test/exif.js';
import { densityFields, writeDirectory } from './tiff-directory.js';
import { sourceTraits, type SourceTraits } from './source-traits.js';

const nothing = { hasAlpha: false, isAnimated: false, isLossless: false };
const traits = (metadata: object, read = nothing): Promise<SourceTraits> =>
  sourceTraits(bytesOf(Buffer.alloc(0)), { format: 'webp', ...metadata } as Metadata, read);

/** EXIF data with a density in dots per inch (2) or per centimetre (3). */
const exif = (unit: number, density = 100): Buffer => {
  const [x, y, each] = densityFields(density);
  const fields = [x!, y!, { ...each!, value: Buffer.of(unit, 0) }];
  return Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), writeDirectory(fields, 8)]);
};

describe('the density of a source', () => {
  it('is what sharp says, but for what is said where nothing is known', async () => {
    expect((await traits({ density: 300 })).density).toBe(300);
    expect((await traits({ density: 25.4 })).density).toBeUndefined();
    expect((await traits({ density: 72 })).density).toBeUndefined();
    expect((await traits({})).density).toBeUndefined();
  });

  it('is looked for in EXIF data where sharp does not look', async () => {
    expect((await traits({ exif: exif(2) })).density).toBe(100);
    expect((await traits({ exif: exif(3) })).density).toBe(254);
    expect((await traits({ exif: exif(2, 25.4) })).density).toBeUndefined();
    expect((await traits({ density: 300, exif: exif(2) })).density).toBe(300);
  });
});

describe('the rights to a source', () => {
  it('are what its EXIF data says, without what fills up a text', async () => {
    const rights = { copyright: Buffer.from('© me  \0'), artist: Buffer.from('  \0') };
    expect(await traits({ exif: exifWith(rights) })).toMatchObject({
      copyright: Buffer.from('© me'),
      artist: undefined,
    });
  });

  it('are not longer than a segment of a JPEG has room for', async () => {
    const rights = { copyright: Buffer.alloc(20_000, 'a'), artist: Buffer.alloc(20_000, 'b') };
    const { copyright, artist } = await traits({ exif: exifWith(rights) });
    expect([copyright!.length, artist!.length]).toEqual([10_000, 10_000]);
  });
});

const metadataOf = async (image: Sharp): Promise<Metadata> => sharp(await image.toBuffer()).metadata();

it('the palette of a source is that of a PNG', async () => {
  const image = sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } });
  const paletted = await metadataOf(image.clone().png({ palette: true, colours: 4 }));
  expect((await traits(paletted)).paletteColours).toBe(4);
  expect((await traits(await metadataOf(image.clone().png()))).paletteColours).toBeUndefined();
  expect((await traits(await metadataOf(image.clone().gif()))).paletteColours).toBeUndefined();
});

it('a source is animated when its pages have times, or its file was found to be', async () => {
  expect((await traits({ pages: 3, delay: [10, 10, 10] })).isAnimated).toBe(true);
  expect((await traits({ pages: 1, delay: [10] })).isAnimated).toBe(false);
  expect((await traits({ format: 'tiff', pages: 3 })).isAnimated).toBe(false);
  expect((await traits({ format: 'png' }, { ...nothing, isAnimated: true })).isAnimated).toBe(true);
});
