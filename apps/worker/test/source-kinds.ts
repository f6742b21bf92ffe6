import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { pngChunk } from '../../../test/harness/damaged-pictures.js';
import { rawTiff, type RawTiff } from './raw-tiff.js';

/** The same picture as one kind of source. */
export interface SourceKind {
  name: string;
  /** @param pixels raw, 8 bits in sRGB: three channels, or four with alpha */
  make: (pixels: RawPicture) => Promise<Buffer>;
  /** Can hold transparency. */
  alpha: boolean;
  /** Cannot hold colours. */
  grey?: true;
}

export interface RawPicture {
  width: number;
  height: number;
  channels: 3 | 4;
  data: Buffer;
}

function open({ data, ...raw }: RawPicture): Sharp {
  return sharp(data, { raw });
}

/** What a channel of sRGB is as light, from 0 to 1. */
function lightOf(value: number): number {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

/** The matrix from linear sRGB to linear Display P3. */
const toP3 = [
  [0.8224621, 0.177538, 0],
  [0.0331941, 0.9668058, 0],
  [0.0170827, 0.0723974, 0.9105199],
] as const;

/** The matrix from linear sRGB to linear BT.2020, from ITU-R BT.2087. */
const toBt2020 = [
  [0.6274, 0.3293, 0.0433],
  [0.0691, 0.9195, 0.0114],
  [0.0164, 0.088, 0.8956],
] as const;

const curveOfSrgb = (light: number): number =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
const curveOfTelevision = (light: number): number => (light < 0.018 ? light * 4.5 : 1.099 * light ** 0.45 - 0.099);

type Matrix = readonly (readonly [number, number, number])[];

/** The picture in numbers of another colour space, of 16 bits. */
function inOtherColours(
  { data, channels }: RawPicture,
  matrix: Matrix = toP3,
  curve: (light: number) => number = curveOfSrgb,
): Uint16Array {
  const wide = Uint16Array.from(data, (value) => value * 257);
  for (let at = 0; at < data.length; at += channels) {
    const [red, green, blue] = [0, 1, 2].map((channel) => lightOf(data[at + channel]!)) as [number, number, number];
    for (const [channel, row] of matrix.entries()) {
      const value = curve(row[0] * red + row[1] * green + row[2] * blue);
      wide[at + channel] = Math.round(Math.min(1, Math.max(0, value)) * 65_535);
    }
  }
  return wide;
}

/** An AVIF that says what its colours are by a code. */
async function codedAvif(pixels: RawPicture, primaries: number, transfer: number): Promise<Buffer> {
  const data = Buffer.from(inOtherColours(pixels).map((value) => Math.round(value / 257)));
  const avif = await open({ ...pixels, data })
    .avif({ lossless: true })
    .toBuffer();
  const at = avif.indexOf('nclx', 0, 'latin1');
  if (at < 0) throw new Error('sharp writes no colr box of the kind nclx');
  avif.writeUInt16BE(primaries, at + 4);
  avif.writeUInt16BE(transfer, at + 6);
  return avif;
}

/** A PNG of raw samples, big endian where they have 16 bits, with chunks in front of the pixels. */
function rawPng({ width, height, channels }: RawPicture, samples: Uint8Array | Uint16Array, chunks: Buffer[]): Buffer {
  const bytes = samples.BYTES_PER_ELEMENT;
  const rows = Buffer.alloc(height * (1 + width * channels * bytes));
  for (let y = 0, from = 0, to = 0; y < height; y++) {
    to++;
    for (let x = 0; x < width * channels; x++, to += bytes) {
      if (bytes === 2) rows.writeUInt16BE(samples[from++]!, to);
      else rows[to] = samples[from++]!;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bytes * 8;
  header[9] = channels === 3 ? 2 : 6;
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A profile that sharp has within it. */
async function profile(name: 'p3' | 'srgb'): Promise<Buffer> {
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
  return (await sharp(await pixel.withIccProfile(name).png().toBuffer()).metadata()).icc!;
}

function iccChunk(icc: Buffer): Buffer {
  return pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(icc)]));
}

/** Colours, and alpha where there is one, as a TIFF that no library wrote. */
function tiff(pixels: RawPicture, samples: RawTiff['samples'], more: Partial<RawTiff> = {}): Buffer {
  const { width, height, channels } = pixels;
  const extraSamples = channels === 4 ? [2] : [];
  return rawTiff({ width, height, channels, samples, photometric: 2, extraSamples, ...more });
}

/** Each pixel with more channels, all of one value. */
function withExtra({ data, channels }: RawPicture, ...values: number[]): Buffer {
  const all = channels + values.length;
  const wide = Buffer.alloc((data.length / channels) * all);
  for (let from = 0, to = 0; from < data.length; from += channels, to += all) {
    data.copy(wide, to, from, from + channels);
    wide.set(values, to + channels);
  }
  return wide;
}

function greyOf({ data, channels }: RawPicture): Buffer {
  return Buffer.from(Array.from({ length: data.length / channels }, (_unused, index) => data[index * channels]!));
}

async function fractions(pixels: RawPicture): Promise<Float32Array> {
  return Float32Array.from(pixels.data, (value, at) =>
    pixels.channels === 4 && at % 4 === 3 ? value / 255 : lightOf(value),
  );
}

export const sourceKinds: SourceKind[] = [
  { name: 'a PNG', alpha: true, make: (pixels) => open(pixels).png().toBuffer() },
  { name: 'an interlaced PNG', alpha: true, make: (pixels) => open(pixels).png({ progressive: true }).toBuffer() },
  {
    name: 'a PNG of 16 bits',
    alpha: true,
    make: async (pixels) =>
      rawPng(
        pixels,
        Uint16Array.from(pixels.data, (value) => value * 257),
        [],
      ),
  },
  {
    name: 'a PNG with a profile of sRGB',
    alpha: true,
    make: async (pixels) => rawPng(pixels, pixels.data, [iccChunk(await profile('srgb'))]),
  },
  {
    name: 'a PNG of 16 bits with a profile of sRGB',
    alpha: true,
    make: async (pixels) =>
      rawPng(
        pixels,
        Uint16Array.from(pixels.data, (value) => value * 257),
        [iccChunk(await profile('srgb'))],
      ),
  },
  {
    name: 'a PNG of 16 bits in Display P3',
    alpha: true,
    make: async (pixels) => rawPng(pixels, inOtherColours(pixels), [iccChunk(await profile('p3'))]),
  },
  {
    name: 'a PNG of 16 bits in Display P3, said by cICP',
    alpha: true,
    make: async (pixels) => rawPng(pixels, inOtherColours(pixels), [pngChunk('cICP', Buffer.from([12, 13, 0, 1]))]),
  },
  {
    name: 'a PNG of 16 bits in BT.2020, said by cICP',
    alpha: true,
    make: async (pixels) => {
      const samples = inOtherColours(pixels, toBt2020, curveOfTelevision);
      return rawPng(pixels, samples, [pngChunk('cICP', Buffer.from([9, 1, 0, 1]))]);
    },
  },
  {
    name: 'a PNG in sRGB, said by cICP against its profile',
    alpha: true,
    make: async (pixels) =>
      rawPng(pixels, pixels.data, [pngChunk('cICP', Buffer.from([1, 13, 0, 1])), iccChunk(await profile('p3'))]),
  },
  { name: 'a lossless AVIF', alpha: true, make: (pixels) => open(pixels).avif({ lossless: true }).toBuffer() },
  { name: 'an AVIF in Display P3, said by nclx', alpha: true, make: (pixels) => codedAvif(pixels, 12, 13) },
  {
    name: 'a GIF',
    alpha: false,
    make: (pixels) => open(pixels).gif({ dither: 0, effort: 10 }).toBuffer(),
  },
  {
    name: 'a PNG with a palette',
    alpha: false,
    make: (pixels) => open(pixels).png({ palette: true, colours: 256, dither: 0, effort: 10 }).toBuffer(),
  },
  {
    name: 'a lossless WebP',
    alpha: true,
    make: (pixels) => open(pixels).webp({ lossless: true, exact: true }).toBuffer(),
  },
  { name: 'a TIFF', alpha: true, make: (pixels) => open(pixels).tiff({ compression: 'lzw' }).toBuffer() },
  {
    name: 'a tiled TIFF',
    alpha: true,
    make: (pixels) => open(pixels).tiff({ compression: 'deflate', tile: true }).toBuffer(),
  },
  {
    name: 'a TIFF of 16 bits',
    alpha: true,
    make: async (pixels) =>
      tiff(
        pixels,
        Uint16Array.from(pixels.data, (value) => value * 257),
      ),
  },
  {
    name: 'a TIFF of 16 bits in Display P3',
    alpha: true,
    make: async (pixels) => tiff(pixels, inOtherColours(pixels), { profile: await profile('p3') }),
  },
  {
    name: 'a TIFF of 32 bits',
    alpha: true,
    make: async (pixels) =>
      tiff(
        pixels,
        Uint32Array.from(pixels.data, (value) => value * 0x01010101),
      ),
  },
  { name: 'a TIFF of light as fractions', alpha: true, make: async (pixels) => tiff(pixels, await fractions(pixels)) },
  {
    name: 'a TIFF with a spot colour',
    alpha: false,
    make: async (pixels) => tiff({ ...pixels, channels: 4 }, withExtra(pixels, 77), { extraSamples: [0] }),
  },
  {
    name: 'a TIFF with alpha and two channels of no meaning',
    alpha: true,
    make: async (pixels) => {
      const opaque = pixels.channels === 3 ? [255] : [];
      const samples = withExtra(pixels, ...opaque, 33, 200);
      return rawTiff({ ...pixels, channels: 6, samples, photometric: 2, extraSamples: [2, 0, 0] });
    },
  },
  {
    name: 'a TIFF behind its own preview',
    alpha: true,
    make: async (pixels) => {
      const [width, height] = [Math.ceil(pixels.width / 2), Math.ceil(pixels.height / 2)];
      const samples = Buffer.alloc(width * height * 3, 99);
      const { channels } = pixels;
      return rawTiff(
        { width, height, channels: 3, samples, photometric: 2, newSubfileType: 1 },
        { ...pixels, samples: pixels.data, photometric: 2, extraSamples: channels === 4 ? [2] : [] },
      );
    },
  },
  {
    name: 'a photo that was taken with the camera turned',
    alpha: true,
    make: (pixels) => open(pixels).rotate(270).withMetadata({ orientation: 6 }).png().toBuffer(),
  },
  {
    name: 'a TIFF of 16 bits that lies on its side',
    alpha: true,
    make: async (pixels) => {
      const { data, info } = await open(pixels).rotate(270).raw().toBuffer({ resolveWithObject: true });
      const turned = { ...pixels, width: info.width, height: info.height, data };
      return tiff(
        turned,
        Uint16Array.from(data, (value) => value * 257),
        { orientation: 6 },
      );
    },
  },
  {
    name: 'a grey PNG',
    alpha: false,
    grey: true,
    make: (pixels) => open(pixels).toColourspace('b-w').png().toBuffer(),
  },
  {
    name: 'a grey PNG with alpha',
    alpha: true,
    grey: true,
    make: (pixels) => open(pixels).ensureAlpha().toColourspace('b-w').png().toBuffer(),
  },
  {
    name: 'a grey PNG of 16 bits',
    alpha: true,
    grey: true,
    make: (pixels) => open(pixels).toColourspace('grey16').png().toBuffer(),
  },
  {
    name: 'a grey TIFF of 32 bits',
    alpha: false,
    grey: true,
    make: async (pixels) => {
      const samples = Uint32Array.from(greyOf(pixels), (value) => value * 0x01010101);
      return rawTiff({ ...pixels, channels: 1, samples, photometric: 1 });
    },
  },
  {
    name: 'a grey TIFF of light as fractions',
    alpha: false,
    grey: true,
    make: async (pixels) =>
      rawTiff({ ...pixels, channels: 1, samples: Float32Array.from(greyOf(pixels), lightOf), photometric: 1 }),
  },
  {
    name: 'a grey TIFF with a channel of no meaning',
    alpha: false,
    grey: true,
    make: async (pixels) => {
      const samples = Buffer.from([...greyOf(pixels)].flatMap((value) => [value, 50]));
      return rawTiff({ ...pixels, channels: 2, samples, photometric: 1, extraSamples: [0] });
    },
  },
];
