import type { Operation } from '#contracts';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { develop } from './develop.js';
import { channels as heldChannels, memoryOfFile, type PictureMemory } from './memory.js';
import type { Canvas } from './operations/operation-entry.js';
import { leavesGrey } from './operations/operation-table.js';
import type { Pixels } from './pixels.js';
import type { SourceFile } from './source-file.js';
import { mostChannels } from './undecodable-image.js';

/** A picture on its way through a recipe: the source file at first, then what the last pass gave. */
export interface Picture {
  canvas: Canvas;
  /** Whether it is upright and in sRGB, as all pictures but those of some files are. */
  plain: boolean;
  memory: PictureMemory;
  /** A new pipeline that begins with this picture; with channels for colours even when it has shades of grey only. */
  open: (inColours: boolean) => Sharp;
  /** Its pixels, where they are at hand. */
  pixels?: Pixels;
  /** Gives back the memory that it holds, once no pipeline reads it any more. */
  close: () => void;
}

/**
 * The picture in a file, turned upright; with all frames when it is to stay an animation. The pages of a TIFF, which
 * have no times, are no frames: one of them is the picture.
 */
export function fileWithPicture(source: SourceFile, animated: boolean, pixelLimit: number): Picture {
  const { path, metadata } = source;
  const frames = animated && metadata.delay ? (metadata.pages ?? 1) : 1;
  const options = { ...optionsFor(source, pixelLimit), animated: frames > 1 };
  const { width, height, autoOrient, orientation = 1, space, hasProfile } = metadata;
  const grey = space === 'grey16' || space === 'b-w';
  // With a profile, sharp gives a grey picture its channels by itself.
  const oneChannel = grey && !hasProfile;
  // sharp would turn the frames of an animation as one tall picture.
  const upright = frames > 1 ? { width, height } : autoOrient;
  const opened = (more?: SharpOptions): Sharp => {
    const image = sharp(path, { ...options, ...more });
    return frames > 1 ? image : image.autoOrient();
  };
  return {
    canvas: { ...upright, frames, grey, alpha: source.layout.alpha !== null },
    plain: (frames > 1 || orientation === 1) && space !== 'cmyk' && !hasProfile,
    memory: memoryOfFile(metadata),
    open: (inColours) => (oneChannel && inColours ? opened().pipelineColourspace('srgb') : opened()),
    close: holdsNothing,
  };
}

function optionsFor({ page, failOn, colourCode }: SourceFile, pixelLimit: number): SharpOptions {
  const ignoreIcc = colourCode !== null;
  return { failOn, page, ignoreIcc, limitInputPixels: pixelLimit, limitInputChannels: mostChannels };
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
  { format, width, height, channels, space, orientation = 1, pages = 1, hasProfile }: Metadata,
  slotMemory: number,
): boolean {
  const still = pages === 1 && orientation === 1;
  const shrinksOnLoad = format === 'jpeg' || format === 'webp';
  const largest = Math.min(largestShared, slotMemory * largestSharedPart);
  return still && space === 'srgb' && !hasProfile && !shrinksOnLoad && width * height * channels <= largest;
}

/** The picture of a file as pixels that all operations can be done to. @throws as `develop` */
export async function developed(
  source: SourceFile,
  pixelLimit: number,
  limit: (image: Sharp) => Sharp,
): Promise<Picture> {
  const { path, metadata } = source;
  const options = optionsFor(source, pixelLimit);
  const pixels = await develop(source, (more) => limit(sharp(path, { ...options, ...more }).autoOrient()));
  return pictureOf(pixels, 1, source.layout.colours === 1 && metadata.space !== 'cmyk');
}

/** The picture that a pass leaves for the next one. */
export async function handOver(image: Sharp, pass: Operation[], { grey }: { grey: boolean }): Promise<Picture> {
  // Of a picture that was made grey, raw pixels would be no more than one channel: without transparency.
  const greyed = pass.some((operation) => 'grayscale' in operation);
  const leftGrey = leavesGrey(pass, grey);
  const written = greyed ? image.tiff({ compression: 'none', bigtiff: true }) : image.raw();
  const { data, info } = await written.toBuffer({ resolveWithObject: true });
  const { width, height, pageHeight = height } = info;
  const channels = info.channels as 3 | 4;
  const frames = height / pageHeight;
  if (!greyed) return pictureOf({ data, width, height, channels }, frames, leftGrey);
  return held(data, { width, height: pageHeight, frames, alpha: channels === 4, grey: leftGrey });
}

/** A picture of pixels in memory. */
export function pictureOf(pixels: Pixels, frames: number, grey: boolean): Picture {
  const { data, width, height, channels } = pixels;
  const pageHeight = height / frames;
  const raw = { width, height, channels, ...(frames > 1 && { pageHeight }) };
  return { ...held(data, { width, height: pageHeight, frames, alpha: channels === 4, grey }, { raw }), pixels };
}

function held(data: Buffer, canvas: Canvas, how: SharpOptions = {}): Picture {
  // The limit of pixels was held where the picture came from.
  const options = { limitInputPixels: false, animated: canvas.frames > 1, ...how };
  return {
    canvas,
    plain: true,
    memory: { held: data.length, decoding: 0, pixelBytes: heldChannels, turned: false },
    open: () => sharp(data, options),
    // The collector may leave the pixels of several passes lying about.
    close: () => void (data.buffer as ArrayBuffer).transfer(0),
  };
}
