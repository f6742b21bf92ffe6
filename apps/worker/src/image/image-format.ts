import type { OutputFormat, OutputRecipe } from '#contracts';
import type { Metadata, Sharp } from 'sharp';
import { ImageFailure } from './image-failure.js';
import type { SourceFile } from './source-file.js';

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

export interface ImageFormat {
  /** Media type of the output. */
  type: string;
  /** Whether it can hold an animation. */
  animated: boolean;
  /**
   * What its encoder takes, in bytes for each pixel of one frame, of the picture that costs it most: random noise.
   * Measured by bench/image-memory.bench.ts.
   */
  encodingBytes: number;
  /** The most pixels that a side may have. */
  longestSide: number;
  encode: (image: Sharp, timing: Timing, quality?: number) => Sharp;
}

/**
 * How each format is written: sharp's default quality, with settings that cost little time for what they save. Measured
 * by bench/formats.bench.ts; see doc/recipes.md.
 */
const formats: Record<Exclude<OutputFormat, 'same'>, ImageFormat> = {
  jpeg: {
    type: 'image/jpeg',
    animated: false,
    encodingBytes: 8,
    longestSide: 65_535,
    encode: (image, _timing, quality) => image.jpeg({ quality }),
  },
  png: {
    type: 'image/png',
    animated: false,
    encodingBytes: 3,
    longestSide: 2 ** 31 - 1,
    encode: (image) => image.png({ compressionLevel: 2, adaptiveFiltering: true }),
  },
  webp: {
    type: 'image/webp',
    animated: true,
    encodingBytes: 40,
    longestSide: 16_383,
    encode: (image, timing, quality) => image.webp({ quality, effort: 2, ...timing }),
  },
  avif: {
    type: 'image/avif',
    animated: false,
    encodingBytes: 65,
    longestSide: 16_384,
    encode: (image, _timing, quality) => image.avif({ quality, effort: 1 }),
  },
  gif: {
    type: 'image/gif',
    animated: true,
    encodingBytes: 15,
    longestSide: 65_535,
    // Told to reuse it, sharp presses new colours into the palette of the source. Frames that look alike stay frames.
    encode: (image, timing) => image.gif({ effort: 1, reuse: false, keepDuplicateFrames: true, ...timing }),
  },
  tiff: {
    type: 'image/tiff',
    animated: false,
    encodingBytes: 3,
    longestSide: 2 ** 31 - 1,
    encode: (image) => image.tiff({ compression: 'deflate', predictor: 'horizontal' }),
  },
};

/** The format of an output; `same` is that of the source. @throws ImageFailure `unsupported-format` */
export function formatOf({ format }: OutputRecipe, source: Pick<SourceFile, 'type'>): ImageFormat {
  const name = format === 'same' ? sourceFormat(source) : format;
  if (Object.hasOwn(formats, name)) return formats[name as keyof typeof formats];
  throw new ImageFailure('unsupported-format', `Pictures of the type ${source.type} are not supported`);
}

function sourceFormat({ type }: Pick<SourceFile, 'type'>): string {
  // Of an animated PNG the first frame is the picture.
  const still = type === 'image/apng' ? 'image/png' : type;
  return Object.entries(formats).find(([, format]) => format.type === still)?.[0] ?? type;
}
