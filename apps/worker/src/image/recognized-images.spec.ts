import { bytesOf, recognizeImage, unsupportedPicture } from '#image-file';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { blackPng, pngChunk } from '../../../../test/harness/damaged-pictures.js';
import { box, withBrands } from '../../../../test/harness/heif-file.js';
import { pictureFields, tiffFile, type TiffFields, type TiffOptions } from '../../../../test/harness/tiff-file.js';

const side = 16;
const [red, green, blue] = [200, 100, 50];
const headBytes = 4_100;

function picture(): Sharp {
  return sharp({ create: { width: side, height: side, channels: 3, background: { r: red, g: green, b: blue } } });
}

function animation(): Sharp {
  const pixels = Buffer.alloc(side * side * 2 * 3, Buffer.from([red, green, blue, 10, 20, 30]));
  return sharp(pixels, { raw: { width: side, height: side * 2, channels: 3, pageHeight: side } });
}

/** A TIFF of one colour, whose pixels are given by the bytes of one of them. */
function tiffOf(fields: TiffFields, pixel: number[], options?: TiffOptions): Buffer {
  const pixels = Buffer.alloc(side * side * pixel.length, Buffer.from(pixel));
  return tiffFile([{ fields, pixels }], options);
}

const bits = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const fields = (photometric: number, samples: number, size: number, more: TiffFields = {}): TiffFields => ({
  ...pictureFields(photometric, bits(samples, size), side),
  ...more,
});
const avif = (): Promise<Buffer> => picture().avif({ lossless: true }).toBuffer();
const rgb = [red, green, blue];
const wide = rgb.flatMap((value) => [value, value]);
const scaled = (...values: number[]): number[] =>
  values.flatMap((value) => [...Buffer.from(new Float32Array([value]).buffer)]);

/** Pictures of one colour each, which sharp must show. */
const decodable: [what: string, file: () => Buffer | Promise<Buffer>, colour?: number[]][] = [
  ['a JPEG', () => picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()],
  ['a progressive JPEG', () => picture().jpeg({ quality: 100, progressive: true }).toBuffer()],
  ['a PNG', () => picture().png().toBuffer()],
  ['a palette PNG', () => picture().png({ palette: true }).toBuffer()],
  ['an animated PNG', () => blackPng({ width: 8, height: 8, chunks: [pngChunk('acTL', Buffer.alloc(8))] }), [0, 0, 0]],
  ['a lossless WebP', () => picture().webp({ lossless: true }).toBuffer()],
  ['a WebP', () => picture().webp({ quality: 100 }).toBuffer()],
  ['a WebP with a profile', () => picture().withIccProfile('srgb').webp({ quality: 100 }).toBuffer()],
  ['an animated WebP', () => animation().webp({ lossless: true }).toBuffer()],
  ['a GIF', () => picture().gif().toBuffer()],
  ['an animated GIF', () => animation().gif().toBuffer()],
  ['an AVIF', avif],
  ['an AVIF that calls itself mif1', async () => withBrands(await avif(), 'mif1', 'avif', 'miaf')],
  ['an AVIF that is known by its item alone', async () => withBrands(await avif(), 'mif1', 'miaf', 'mif1')],
  ['an AVIF that calls itself msf1', async () => withBrands(await avif(), 'msf1', 'avif')],
  ['an AVIF with frames behind it', async () => Buffer.concat([await avif(), box('moov')])],
  ['a TIFF by LZW', () => picture().tiff({ compression: 'lzw' }).toBuffer()],
  ['a TIFF by Deflate', () => picture().tiff({ compression: 'deflate' }).toBuffer()],
  ['a TIFF by PackBits', () => picture().tiff({ compression: 'packbits' }).toBuffer()],
  ['a TIFF by JPEG', () => picture().tiff({ compression: 'jpeg', quality: 100 }).toBuffer()],
  ['a TIFF by WebP', () => picture().tiff({ compression: 'webp', quality: 100 }).toBuffer()],
  ['a BigTIFF of tiles', () => picture().tiff({ bigtiff: true, tile: true }).toBuffer()],
  [
    'a TIFF by CCITT',
    () => picture().toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
    [255, 255, 255],
  ],
  ['a plain TIFF', () => tiffOf(fields(2, 3, 8), rgb)],
  ['a big-endian TIFF', () => tiffOf(fields(2, 3, 8), rgb, { bigEndian: true })],
  ['a TIFF with a print-matching tag in front', () => tiffOf(fields(2, 3, 8, { 50_341: 'PrintIM' }), rgb)],
  ['a TIFF whose directory is far behind', () => tiffOf(fields(2, 3, 8), rgb, { gap: Buffer.alloc(9_000) })],
  ['a TIFF of 16 bits', () => tiffOf(fields(2, 3, 16), wide)],
  ['a TIFF of untyped samples', () => tiffOf(fields(2, 3, 8, { 339: [4, 4, 4] }), rgb)],
  ['a TIFF in CMYK', () => tiffOf(fields(5, 4, 8), [0, 0, 0, 0]), [255, 255, 255]],
  ['a TIFF in 16-bit CIELAB', () => tiffOf(fields(8, 3, 16), [0, 128, 0, 30, 0, 20]), [175, 98, 86]],
  [
    'a TIFF in signed 16-bit CIELAB',
    () => tiffOf(fields(8, 3, 16, { 339: [2, 2, 2] }), [0, 128, 0, 30, 0, 20]),
    [175, 98, 86],
  ],
  ['a TIFF in CIELAB of floats', () => tiffOf(fields(8, 3, 32, { 339: [3, 3, 3] }), scaled(50, 30, 20)), [175, 98, 86]],
  [
    'a TIFF in subsampled YCbCr',
    () => tiffOf(fields(6, 3, 8, { 530: [2, 2] }), [100, 100, 100, 100, 120, 160]),
    [145, 80, 86],
  ],
  ['a TIFF of 2-bit grey', () => tiffOf(fields(1, 1, 2), [0b0101_0101]), [85, 85, 85]],
  ['a TIFF of 4-bit grey of which 0 is white', () => tiffOf(fields(0, 1, 4), [0x33]), [204, 204, 204]],
  ['a TIFF of 1 bit', () => tiffOf(fields(1, 1, 1), [0xff]), [255, 255, 255]],
  ['a TIFF of a palette', () => tiffOf(fields(3, 1, 8, { 320: palette(256) }), [7]), [7, 248, 0]],
  [
    'a TIFF of a palette with alpha',
    () => tiffOf(fields(3, 2, 8, { 320: palette(256), 338: [2] }), [7, 255]),
    [7, 248, 0],
  ],
  ['a TIFF of a 16-bit palette', () => tiffOf(fields(3, 1, 16, { 320: palette(65_536) }), [0, 128]), [128, 127, 0]],
  ['a TIFF of a palette of 16', () => tiffOf(fields(3, 1, 4, { 320: palette(16) }), [0x33]), [51, 204, 0]],
];

/** Pictures of which sharp shows another colour than theirs, or none. */
const undecodable: [what: string, file: () => Buffer | Promise<Buffer>, colour?: number[]][] = [
  ['an AVIF of another major brand', async () => withBrands(await avif(), 'miaf', 'avif')],
  ['a JPEG of 12 bits', async () => ofTwelveBits(await picture().jpeg().toBuffer())],
  ['8-bit CIELAB', () => tiffOf(fields(8, 3, 8), [128, 30, 20]), [175, 98, 86]],
  ['8-bit CIELAB with alpha', () => tiffOf(fields(8, 4, 8, { 338: [2] }), [128, 30, 20, 255]), [175, 98, 86, 255]],
  ['32-bit CIELAB', () => tiffOf(fields(8, 3, 32), [0, 0, 0, 128, 0, 0, 0, 30, 0, 0, 0, 20]), [175, 98, 86]],
  ['CIELAB that is only L', () => tiffOf(fields(8, 1, 16), [0, 128]), [119, 119, 119]],
  ['ICC L*a*b*', () => tiffOf(fields(9, 3, 8), [128, 158, 148]), [175, 98, 86]],
  ['ITU L*a*b*', () => tiffOf(fields(10, 3, 16), [0, 128, 0, 158, 0, 148]), [175, 98, 86]],
  ['YCbCr in full', () => tiffOf(fields(6, 3, 8, { 530: [1, 1] }), [100, 120, 160]), [145, 80, 86]],
  ['16-bit YCbCr', () => tiffOf(fields(6, 3, 16, { 530: [1, 1] }), [100, 100, 120, 120, 160, 160]), [145, 80, 86]],
  ['a mask', () => tiffOf(fields(4, 1, 8), [7])],
  ['a depth map', () => tiffOf(fields(51_177, 1, 8), [7])],
  ['LogL', () => tiffOf(fields(32_844, 1, 16, { 339: [2] }), [7, 7])],
  ['doubles', () => tiffOf(fields(1, 1, 64, { 339: [3] }), [0, 0, 0, 0, 0, 0, 0xe0, 0x3f]), [188, 188, 188]],
  ['complex samples', () => tiffOf(fields(1, 1, 32, { 339: [5] }), [7, 7, 7, 7])],
  ['signed samples', () => tiffOf(fields(1, 1, 16, { 339: [2] }), [0x70, 0x04]), [128, 128, 128]],
  ['samples of several sizes', () => tiffOf({ ...fields(2, 3, 8), 258: [5, 6, 5] }, [7, 7]), [57, 0, 57]],
  ['samples of several formats', () => tiffOf(fields(2, 3, 32, { 339: [3, 3, 1] }), scaled(1, 1, 1)), [255, 255, 255]],
  ['12-bit samples', () => tiffOf(fields(1, 1, 12), [0x80, 0x08, 0x00]), [128, 128, 128]],
  ['24-bit samples', () => tiffOf(fields(1, 1, 24), [128, 128, 128]), [128, 128, 128]],
  ['64-bit samples', () => tiffOf(fields(1, 1, 64), bits(8, 128)), [128, 128, 128]],
  ['4-bit RGB', () => tiffOf(fields(2, 3, 4), [0xcc, 0xcc, 0xcc]), [204, 204, 204]],
  ['4-bit grey with alpha', () => tiffOf(fields(1, 2, 4, { 338: [2] }), [0x3f]), [51, 51, 51]],
  ['RGB of one sample', () => tiffOf(fields(2, 1, 8), [7])],
  ['a 32-bit palette', () => tiffOf(fields(3, 1, 32, { 320: palette(256) }), [7, 0, 0, 0]), [7, 248, 0]],
  ['other inks', () => tiffOf(fields(5, 4, 8, { 332: [2] }), [0, 0, 0, 0])],
  ['three inks', () => tiffOf(fields(5, 3, 8), [0, 0, 0])],
  ['32-bit CMYK', () => tiffOf(fields(5, 4, 32), [0, 0, 0, 128, ...bits(12, 0)]), [122, 202, 240]],
  ['CMYK of floats', () => tiffOf(fields(5, 4, 32, { 339: bits(4, 3) }), scaled(0, 1, 1, 0)), [237, 28, 36]],
  ['floats of which 0 is white', () => tiffOf(fields(0, 1, 32, { 339: [3] }), scaled(0)), [255, 255, 255]],
  ...[6, 9, 34_661, 34_712, 34_887, 34_925, 50_000, 50_002, 777].map((compression): [string, () => Buffer] => [
    `compression ${compression}`,
    () => tiffOf(fields(1, 1, 8, { 259: [compression] }), [7]),
  ]),
];

describe('what the upload recognizes', () => {
  it.each(decodable)('is decoded right when it is taken: %s', async (_, file, colour = rgb) => {
    const bytes = await file();
    const type = await recognizeImage(bytes.subarray(0, headBytes));
    expect(type).toMatch(/^image\/(jpeg|a?png|webp|avif|gif|tiff)$/);
    expect(await unsupportedPicture(bytesOf(bytes), type!)).toBeNull();

    const shown = await colourOf(bytes);

    for (const [channel, value] of colour.entries()) expect(Math.abs(shown![channel]! - value)).toBeLessThanOrEqual(3);
  });

  it.each(undecodable)('is refused when it cannot be decoded right: %s', async (_, file, colour) => {
    const bytes = await file();
    const type = await recognizeImage(bytes.subarray(0, headBytes));

    expect(await unsupportedPicture(bytesOf(bytes), type!)).toContain('; allowed ');

    // Were it decoded right one day, it need no longer be refused.
    const shown = await colourOf(bytes);
    const isRight = shown && (!colour || colour.every((value, channel) => Math.abs(shown[channel]! - value) <= 6));
    expect(isRight ?? false).toBe(false);
  });

  it('is no animated AVIF, which the decoder does not open', async () => {
    const file = withBrands(Buffer.concat([await avif(), box('moov')]), 'avis', 'avif', 'mif1');

    expect(await recognizeImage(file)).toBe('image/avif-sequence');
    await expect(sharp(file).metadata()).rejects.toThrow(/unsupported image format/);
  });
});

/** The colour that sharp shows in the middle of a picture, as 8-bit sRGB; null for what it cannot decode. */
async function colourOf(file: Buffer): Promise<number[] | null> {
  try {
    await sharp(file).metadata();
    const { data, info } = await sharp(file, { failOn: 'error' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels;
    return [...data.subarray(at, at + info.channels)];
  } catch {
    return null;
  }
}

/** A palette from green to red. */
function palette(size: number): number[] {
  const ramp = Array.from({ length: size }, (_unused, index) => Math.round((index * 65_535) / (size - 1)));
  return [...ramp, ...ramp.toReversed(), ...ramp.map(() => 0)];
}

/** A JPEG whose frame header says 12 bits. */
function ofTwelveBits(jpeg: Buffer): Buffer {
  const changed = Buffer.from(jpeg);
  changed[jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 4] = 12;
  return changed;
}
