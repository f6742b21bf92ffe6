import type { Operation } from '#contracts';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { channels as heldChannels, memoryOfFile, type PictureMemory } from './memory.js';
import type { Canvas } from './operations/operation-entry.js';

/** A picture on its way through a recipe: the source file at first, then what the last pass gave. */
export interface Picture {
  canvas: Canvas;
  /** Whether it is upright and has 8 bits a channel, as all pictures but those of some files are. */
  plain: boolean;
  memory: PictureMemory;
  /** A new pipeline that begins with this picture. */
  open: () => Sharp;
  /** Gives back the memory that it holds, once no pipeline reads it any more. */
  close: () => void;
}

/**
 * The picture in a file, turned upright; with all frames when it is to stay an animation. The pages of a TIFF, which
 * have no times, are no frames: the first one is the picture.
 */
export function fileWithPicture(path: string, metadata: Metadata, animated: boolean, pixelLimit: number): Picture {
  const frames = animated && metadata.delay ? (metadata.pages ?? 1) : 1;
  const options = { failOn: 'error', limitInputPixels: pixelLimit, animated: frames > 1 } as const;
  const { width, height, autoOrient, orientation = 1, depth, space, hasProfile } = metadata;
  // With a profile, sharp gives a grey picture its channels by itself.
  const grey = space === 'grey16' || (space === 'b-w' && !hasProfile);
  // sharp would turn the frames of an animation as one tall picture.
  const memory = memoryOfFile(metadata);
  if (frames > 1) {
    return {
      canvas: { width, height, frames, grey },
      plain: true,
      memory,
      open: () => sharp(path, options),
      close: holdsNothing,
    };
  }
  return {
    canvas: { ...autoOrient, frames, grey },
    plain: orientation === 1 && depth === 'uchar',
    memory,
    open: () => sharp(path, options).autoOrient(),
    close: holdsNothing,
  };
}

function holdsNothing(): void {}

/** Decoded pixels that are kept for several outputs take at most so many bytes, and leave most memory to the outputs. */
const largestShared = 128 * 1024 * 1024;
const largestSharedPart = 1 / 8;

/**
 * Whether several outputs may begin with the same decoded pixels, and are what they would be each from the file: for a
 * still of 8 bits in plain sRGB. Not for formats that sharp decodes at a smaller size when it is to resize, which takes
 * less time than to decode them in full even once.
 */
export function isSharable(
  { format, width, height, channels, space, depth, orientation, ...metadata }: Metadata,
  slotMemory: number,
): boolean {
  const still = (metadata.pages ?? 1) === 1 && (orientation ?? 1) === 1;
  const plain = space === 'srgb' && depth === 'uchar' && !metadata.hasProfile;
  const shrinksOnLoad = format === 'jpeg' || format === 'webp';
  const largest = Math.min(largestShared, slotMemory * largestSharedPart);
  return still && plain && !shrinksOnLoad && width * height * channels <= largest;
}

/** The picture that a pass leaves for the next one. */
export async function handOver(image: Sharp, pass: Operation[]): Promise<Picture> {
  // Of a picture that was made grey, raw pixels would be no more than one channel: without transparency.
  const grey = pass.some((operation) => 'grayscale' in operation);
  const written = grey ? image.tiff({ compression: 'none', bigtiff: true }) : image.raw();
  const { data, info } = await written.toBuffer({ resolveWithObject: true });
  const { width, height, channels, pageHeight = height } = info;
  const frames = height / pageHeight;
  const raw = { width, height, channels, ...(frames > 1 && { pageHeight }) };
  // The limit of pixels was held where the picture came from.
  const options = { limitInputPixels: false, animated: frames > 1, ...(!grey && { raw }) };
  return {
    canvas: { width, height: pageHeight, frames, grey: false },
    plain: true,
    memory: { held: data.length, decoding: 0, pixelBytes: heldChannels, turned: false },
    open: () => sharp(data, options),
    // The collector may leave the pixels of several passes lying about.
    close: () => void data.buffer.transfer(0),
  };
}
