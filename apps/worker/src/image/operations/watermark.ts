import { largestPicture } from '#contracts';
import sharp, { type OverlayOptions } from 'sharp';
import { localFault } from '../../local-fault.js';
import { ImageFailure } from '../image-failure.js';
import type { Size } from '../room.js';
import { undecodableImage } from '../undecodable-image.js';

/** A picture that recipes draw over others: the operator's, as the bytes of its file. */
export interface Watermark {
  bytes: Buffer;
  /** In pixels, as they lie in the file. */
  width: number;
  height: number;
}

/** The watermarks that a recipe draws, by what it calls them. */
export type Watermarks = ReadonlyMap<string, Watermark>;

/** What a watermark takes of the memory while it is decoded and made smaller, in bytes for each of its pixels. Measured. */
const drawingBytes = 16;

const options = { failOn: 'error', limitInputPixels: largestPicture.pixels } as const;

/** Looks at the header of a watermark. @throws ImageFailure when it is no picture, or too large a one */
export async function readWatermark(bytes: Buffer): Promise<Watermark> {
  const { width, height } = await sharp(bytes, options).metadata().catch(undecodable);
  if (width * height <= largestPicture.pixels) return { bytes, width, height };
  throw new ImageFailure(
    'too-many-pixels',
    `The watermark has ${width * height} pixels; at most ${largestPicture.pixels} are allowed`,
  );
}

/**
 * Draws a watermark upright and in sRGB, made so much smaller that it fits into a box of this size; never larger.
 * @param opacity 0 to 1
 * @throws ImageFailure when it cannot be decoded
 */
export async function drawWatermark({ bytes }: Watermark, opacity: number, box: Size): Promise<OverlayOptions> {
  const size = { width: Math.max(1, Math.floor(box.width)), height: Math.max(1, Math.floor(box.height)) };
  const veil = { input: Buffer.from([255, 255, 255, Math.round(opacity * 255)]), raw: pixel, tile: true };
  const { data, info } = await sharp(bytes, options)
    .autoOrient()
    .resize({ ...size, fit: 'inside', withoutEnlargement: true })
    // Keeps of every pixel as much as the veil has; and gives four channels to a picture that has fewer.
    .composite([{ ...veil, blend: 'dest-in' }])
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(undecodable);
  return { input: data, raw: { width: info.width, height: info.height, channels: info.channels } };
}

const pixel = { width: 1, height: 1, channels: 4 } as const;

/** The most that drawing one of the watermarks takes of the memory, in bytes. */
export function memoryOfWatermarks(watermarks: Watermarks): number {
  return Math.max(0, ...[...watermarks.values()].map(({ width, height }) => width * height * drawingBytes));
}

/** Its bytes are those that master stored, so it is the picture itself that is at fault. */
function undecodable(error: Error): never {
  const fault = localFault(error);
  if (fault) throw fault;
  const { code, message } = undecodableImage(error);
  throw new ImageFailure(code, message.replace(/^The picture/, 'The watermark'));
}
