import { operationEntry, type EncodedFormat, type OperationName, type OutputRecipe } from '#contracts';
import type { Metadata, Sharp } from 'sharp';
import { annotateAvif } from './annotation/annotate-avif.js';
import { annotateJpeg } from './annotation/annotate-jpeg.js';
import { annotatePng } from './annotation/annotate-png.js';
import { annotateTiff } from './annotation/annotate-tiff.js';
import { annotateWebp } from './annotation/annotate-webp.js';
import { annotationOf, type Annotate } from './annotation/annotation.js';
import { ImageFailure } from './image-failure.js';
import type { SourceTraits } from './source-traits.js';

/** What an animation needs beside its pixels. */
export interface Timing {
  /** Of each frame, in milliseconds. */
  delay?: number[];
  /** How often it plays; 0 for ever. */
  loop?: number;
}

/** The longest time of a frame that sharp writes. */
const longestDelayMs = 65_535;

/** What the timing of a source becomes in an output. */
export function timingOf({ delay, loop }: Pick<Metadata, 'delay' | 'loop'>): Timing {
  return { delay: delay?.map((ms) => Math.min(ms, longestDelayMs)), loop };
}

/** What an encoder is told beside the pixels. */
export interface Encoding {
  timing: Timing;
  output: OutputRecipe;
  source: SourceTraits;
  /** Whether the picture has no colours: formats that can, write it in one channel, beside its transparency. */
  grey: boolean;
}

export interface ImageFormat {
  /** Media type of the output. */
  type: string;
  /** Whether it can hold an animation. */
  animated: boolean;
  /** Whether it can hold transparency. */
  transparent: boolean;
  /**
   * What its encoder takes, in bytes for each pixel of one frame, of the picture that costs it most: random noise.
   * Measured by bench/image-memory.bench.ts.
   */
  encodingBytes: number;
  /** The most pixels that a side may have. */
  longestSide: number;
  encode: (image: Sharp, encoding: Encoding) => Sharp;
  /** Writes what an output says of its picture into the file that was encoded. */
  annotate: Annotate;
}

/** What of a source decides about the format of an output. */
export interface FormatSource {
  /** Media type. */
  type: string;
  isPalette?: boolean;
}
/** In pixels per inch, for a format that must have one. */
const usualDensity = 72;
const millimetresPerInch = 25.4;

type FormatEntry = Omit<ImageFormat, 'encodingBytes'> & {
  encodingBytes: (output: OutputRecipe, source: FormatSource) => number;
};

/** From this quality on, JPEG keeps the full resolution of colours unless it is told not to. */
const fullColourQuality = 90;

/**
 * How each format is written: sharp's default quality, with settings that cost little time for what they save. Measured
 * by bench/formats.bench.ts; see doc/recipes.md.
 */
const formats: Record<EncodedFormat, FormatEntry> = {
  jpeg: {
    type: 'image/jpeg',
    animated: false,
    transparent: false,
    encodingBytes: (output) => (jpegSubsampling(output) === '4:4:4' ? 14 : 8),
    longestSide: 65_535,
    encode: (image, { output, grey }) =>
      inOneChannel(image, grey).jpeg({ quality: output.quality, chromaSubsampling: jpegSubsampling(output) }),
    annotate: annotateJpeg,
  },
  png: {
    type: 'image/png',
    animated: false,
    transparent: true,
    encodingBytes: ({ palette }, { isPalette }) => ((palette ?? isPalette) ? 10 : 3),
    longestSide: 2 ** 31 - 1,
    encode: (image, encoding) => {
      const colours = paletteColours(encoding);
      // With less effort, sharp would miss colours of a picture that has no more than 256 by one or two shades.
      return colours === undefined
        ? inOneChannel(image, encoding.grey).png({ compressionLevel: 2, adaptiveFiltering: true })
        : image.png({ palette: true, colours, effort: 4, compressionLevel: 9 });
    },
    annotate: annotatePng,
  },
  webp: {
    type: 'image/webp',
    animated: true,
    transparent: true,
    encodingBytes: (output) => (mayBeLossless(output) ? 45 : 40),
    longestSide: 16_383,
    encode: (image, encoding) => image.webp({ ...lossOf(encoding), effort: 2, ...encoding.timing }),
    annotate: annotateWebp,
  },
  avif: {
    type: 'image/avif',
    animated: false,
    transparent: true,
    encodingBytes: (output) => (mayBeLossless(output) ? 70 : 65),
    longestSide: 16_384,
    encode: (image, encoding) =>
      image.avif({ ...lossOf(encoding), chromaSubsampling: encoding.output.chromaSubsampling, effort: 1 }),
    annotate: annotateAvif,
  },
  gif: {
    type: 'image/gif',
    animated: true,
    transparent: true,
    encodingBytes: () => 15,
    longestSide: 65_535,
    // Told to reuse it, sharp presses new colours into the palette of the source. Frames that look alike stay frames.
    encode: (image, { timing }) => image.gif({ effort: 1, reuse: false, keepDuplicateFrames: true, ...timing }),
    annotate: saysNothing,
  },
  tiff: {
    type: 'image/tiff',
    animated: false,
    transparent: true,
    encodingBytes: () => 3,
    encode: (image, { output, source, grey }) => {
      const xres = (annotationOf(output, source).density ?? usualDensity) / millimetresPerInch;
      return inOneChannel(image, grey).tiff({ compression: 'deflate', predictor: 'horizontal', xres, yres: xres });
    },
    longestSide: 2 ** 31 - 1,
    annotate: annotateTiff,
  },
};

async function saysNothing(): Promise<void> {}

function inOneChannel(image: Sharp, grey: boolean): Sharp {
  return grey ? image.toColourspace('b-w') : image;
}

function jpegSubsampling({ quality = 80, chromaSubsampling }: OutputRecipe): '4:2:0' | '4:4:4' {
  return chromaSubsampling ?? (quality >= fullColourQuality ? '4:4:4' : '4:2:0');
}

/** Operations that make no new colours. */
const moving: readonly OperationName[] = ['extract', 'trim', 'flip', 'flop'];

/**
 * How many colours the palette of a PNG gets; undefined for a PNG without one. In its own format a source keeps its
 * palette as long as operations make no other colours: then sharp finds exactly those that there are.
 */
function paletteColours({ output: { format, operations, palette }, source }: Encoding): number | undefined {
  if (palette) return 256;
  const isKept = format === 'same' && operations.every((operation) => moving.includes(operationEntry(operation)[0]));
  return isKept && palette === undefined ? source.paletteColours : undefined;
}

/** Whether it is, is known when the source is. */
function mayBeLossless({ format, lossless }: OutputRecipe): boolean {
  return lossless ?? format === 'same';
}

/** A source without loss stays so in its own format, whatever quality is asked of formats that have one. */
function lossOf({ output: { format, quality, lossless }, source }: Encoding): { quality?: number; lossless: boolean } {
  return { quality, lossless: lossless ?? (format === 'same' && source.isLossless) };
}

/** The format of an output; `same` is that of the source. @throws ImageFailure `unsupported-format` */
export function formatOf(output: OutputRecipe, source: FormatSource): ImageFormat {
  const name = output.format === 'same' ? sourceFormat(source) : output.format;
  if (!Object.hasOwn(formats, name)) {
    throw new ImageFailure('unsupported-format', `Pictures of the type ${source.type} are not supported`);
  }
  const entry = formats[name as EncodedFormat];
  return { ...entry, encodingBytes: entry.encodingBytes(output, source) };
}

/**
 * What takes the place of a type that cannot be written: of an animated PNG the first frame is the picture, and nothing
 * here encodes HEIC, so its photos become what they are shared as elsewhere.
 */
const writtenAs: Readonly<Record<string, string>> = { 'image/apng': 'image/png', 'image/heic': 'image/jpeg' };

function sourceFormat({ type }: FormatSource): string {
  const written = writtenAs[type] ?? type;
  return Object.entries(formats).find(([, format]) => format.type === written)?.[0] ?? type;
}
