import type { ByteSource } from '../bytes/byte-source.js';
import { isFullPicture, pictureOfTiff } from './picture-of-tiff.js';
import { readTiffDirectories, type TiffDirectory } from './tiff-directory.js';

const [whiteIsZero, blackIsZero, rgb, palette, cmyk, yCbCr, cielab] = [0, 1, 2, 3, 5, 6, 8];
const photometrics: ReadonlySet<number> = new Set([whiteIsZero, blackIsZero, rgb, palette, cmyk, yCbCr, cielab]);
const otherPhotometrics: Readonly<Record<number, string>> = {
  4: 'a transparency mask',
  9: 'ICC L*a*b* colours',
  10: 'ITU L*a*b* colours',
  32_803: 'the raw data of a sensor',
  32_844: 'a LogL picture of high dynamic range',
  32_845: 'a LogLuv picture of high dynamic range',
  34_892: 'the linear raw data of a sensor',
  51_177: 'a depth map',
};

/** Those that the decoder's libtiff was built with: also the two of NeXT and ThunderScan, which nobody asks for. */
const compressions: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 7, 8, 32_766, 32_771, 32_773, 32_809, 32_946, 50_001,
]);
const jpeg = 7;
const otherCompressions: Readonly<Record<number, string>> = {
  6: 'old-style JPEG',
  34_661: 'JBIG',
  34_712: 'JPEG 2000',
  34_887: 'LERC',
  34_925: 'LZMA',
  34_933: 'PNG',
  34_934: 'JPEG XR',
  50_000: 'Zstandard',
  50_002: 'JPEG XL',
  52_546: 'JPEG XL',
};

const [signed, floatingPoint] = [2, 3];
const sampleFormats: Readonly<Record<number, string>> = { 2: 'signed integer', 5: 'complex', 6: 'complex' };

/** What a rule says of a directory: why its picture cannot be decoded right, or null. */
type Rule = (directory: TiffDirectory) => string | null;

/**
 * Why the picture of a TIFF cannot be decoded right, or null. Judged by what its directory says: what is not said, or
 * lies behind the end of the bytes, is no reason.
 */
export async function unsupportedTiff(bytes: ByteSource): Promise<string | null> {
  const directories = await readTiffDirectories(bytes);
  const picture = pictureOfTiff(directories);
  if (!picture) return null;
  // Behind the previews that were read may come the picture.
  if (!isFullPicture(picture.directory) && directories.at(-1)?.next !== 0) return null;
  for (const rule of rules) {
    const reason = rule(picture.directory);
    if (reason) return `The TIFF ${reason}`;
  }
  return null;
}

const rules: readonly Rule[] = [
  ({ photometric }) => {
    if (photometric === null || photometrics.has(photometric)) return null;
    const what = otherPhotometrics[photometric] ?? `colours of an unknown kind (photometric ${photometric})`;
    return `has ${what}; allowed are grey, RGB, palette, CMYK, YCbCr and CIELAB`;
  },
  ({ compression }) => {
    if (compression === null || compressions.has(compression)) return null;
    const name = otherCompressions[compression] ?? `an unknown method (${compression})`;
    return `is compressed by ${name}; allowed are PackBits, LZW, Deflate, JPEG, WebP, CCITT, or none`;
  },
  ({ sampleFormat, photometric }) => {
    if (new Set(sampleFormat).size > 1) return 'has samples of several formats; allowed is one for all';
    const [format = 1] = sampleFormat;
    // Two of the three samples of CIELAB have a sign anyway.
    if (format === 1 || format === floatingPoint || format === 4) return null;
    if (format === signed && photometric === cielab) return null;
    const what = sampleFormats[format] ?? `unknown (${format})`;
    return `has ${what} samples; allowed are unsigned integers and floating-point numbers`;
  },
  ({ bitsPerSample, sampleFormat, photometric }) => {
    if (new Set(bitsPerSample).size > 1) return 'has samples of several sizes; allowed is one for all';
    const [bits = 8] = bitsPerSample;
    if (sampleFormat[0] === floatingPoint) {
      return bits === 16 || bits === 32 ? null : `has ${bits}-bit floating-point samples; allowed are 16 and 32 bits`;
    }
    if ([8, 16, 32].includes(bits)) return null;
    const isSmall = [1, 2, 4].includes(bits) && bitsPerSample.length === 1;
    if (isSmall && (photometric === null || [whiteIsZero, blackIsZero, palette].includes(photometric))) return null;
    return `has ${bits}-bit samples; allowed are 8, 16 and 32 bits, for grey and palettes without alpha also 1, 2 and 4`;
  },
  (directory) => (directory.photometric === null ? null : (byPhotometric[directory.photometric]?.(directory) ?? null)),
];

const byPhotometric: Readonly<Record<number, Rule>> = {
  [whiteIsZero]: ({ sampleFormat }) =>
    sampleFormat[0] === floatingPoint ? 'has floating-point samples of which 0 is white; allowed is 0 for black' : null,
  [rgb]: ({ samplesPerPixel }) =>
    samplesPerPixel !== null && samplesPerPixel < 3
      ? `has RGB colours of ${samplesPerPixel} samples a pixel; allowed are 3 or more`
      : null,
  [palette]: ({ bitsPerSample: [bits = 8] }) =>
    bits > 16 ? `has a palette for ${bits}-bit samples; allowed are up to 16 bits` : null,
  [cmyk]: ({ inkSet, samplesPerPixel, sampleFormat, bitsPerSample: [bits = 8] }) => {
    if (inkSet !== null && inkSet !== 1) return 'has other inks than CMYK; allowed are those four';
    if (samplesPerPixel !== null && samplesPerPixel < 4)
      return `has ${samplesPerPixel} inks; allowed are the four of CMYK`;
    if (sampleFormat[0] === floatingPoint) return 'has floating-point CMYK colours; allowed are integers';
    return bits > 16 ? `has ${bits}-bit CMYK colours; allowed are 8 and 16 bits` : null;
  },
  [yCbCr]: ({ compression, chromaSubsampling, bitsPerSample: [bits = 8] }) => {
    if (compression === null || compression === jpeg) return null;
    if (bits !== 8) return `has ${bits}-bit YCbCr colours; allowed are 8 bits`;
    const isFull = chromaSubsampling.length === 2 && chromaSubsampling.every((factor) => factor === 1);
    return isFull ? 'has YCbCr colours in full resolution that are not compressed by JPEG; allowed is RGB' : null;
  },
  [cielab]: ({ samplesPerPixel, bitsPerSample: [bits = 16], sampleFormat }) => {
    if (samplesPerPixel !== null && samplesPerPixel < 3)
      return 'has CIELAB colours without a and b; allowed are all three samples';
    if (bits === 16 || sampleFormat[0] === floatingPoint) return null;
    return `has ${bits}-bit CIELAB colours; allowed are 16 bits`;
  },
};
