import { tiffFile, type TiffFields, type TiffPage } from '../../../test/harness/tiff-file.js';

/** How the samples of a TIFF are to be read. */
export interface RawTiff {
  width: number;
  height: number;
  /** Samples of each pixel. */
  channels: number;
  /** As the file has them, in the byte order of this machine (little endian). */
  samples: Uint8Array | Uint16Array | Uint32Array | Int16Array | Float32Array | Float64Array;
  /** 1 grey, 2 RGB, 5 CMYK, 6 YCbCr, 8 CIELAB. */
  photometric: number;
  /** Of each sample beyond the colours: 0 unspecified, 1 associated alpha, 2 alpha. */
  extraSamples?: number[];
  profile?: Buffer;
  /** As in EXIF. */
  orientation?: number;
  /** 1 for a reduced preview of the next page. */
  newSubfileType?: number;
}

/** An uncompressed TIFF of one page each, written by the specification and by no library. */
export function rawTiff(...pages: RawTiff[]): Buffer {
  return tiffFile(pages.map(pageOf));
}

function pageOf(raw: RawTiff): TiffPage {
  const { width, height, channels, samples, photometric, extraSamples = [], profile } = raw;
  const isFloat = samples instanceof Float32Array || samples instanceof Float64Array;
  const each = (value: number): number[] => Array.from({ length: channels }, () => value);
  const optional: TiffFields = {};
  if (extraSamples.length > 0) optional[338] = extraSamples;
  if (profile) optional[34_675] = profile;
  return {
    fields: {
      254: [raw.newSubfileType ?? 0],
      256: [width],
      257: [height],
      258: each(samples.BYTES_PER_ELEMENT * 8),
      259: [1],
      262: [photometric],
      274: [raw.orientation ?? 1],
      277: [channels],
      278: [height],
      339: each(isFloat ? 3 : samples instanceof Int16Array ? 2 : 1),
      ...optional,
    },
    pixels: Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
  };
}
