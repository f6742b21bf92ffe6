import sharp, { type Sharp } from 'sharp';

export interface PictureOptions {
  width?: number;
  height?: number;
  /** Adds transparency that grows from left to right. */
  alpha?: boolean;
}

/** A small picture in which every pixel differs from its neighbours, and no two corners are alike. */
export function colours({ width = 48, height = 32, alpha = false }: PictureOptions = {}): Sharp {
  const channels = alpha ? 4 : 3;
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      pixels[at] = (x * 255) / width;
      pixels[at + 1] = (y * 255) / height;
      pixels[at + 2] = ((x * 7 + y * 13) % 64) + (x > width / 2 ? 150 : 40);
      if (alpha) pixels[at + 3] = 55 + (x * 200) / width;
    }
  }
  return sharp(pixels, { raw: { width, height, channels } });
}

/** A square on a white margin of 6 pixels. */
export function framed(): Sharp {
  return colours({ width: 20, height: 20 }).extend({ top: 6, bottom: 6, left: 6, right: 6, background: 'white' });
}

/** Three frames that differ in every pixel. */
export function frames({ width = 24, height = 16 }: PictureOptions = {}): Sharp {
  const count = 3;
  const pixels = Buffer.alloc(width * height * count * 3);
  for (let at = 0; at < pixels.length; at += 3) {
    const frame = Math.floor(at / 3 / width / height);
    const x = (at / 3) % width;
    pixels.set([frame * 100, x > width / 2 ? 200 : 50, 255 - frame * 100], at);
  }
  return sharp(pixels, { raw: { width, height: height * count, channels: 3, pageHeight: height } });
}

/** How the frames of the animations below are timed. */
export const timing = { delay: [100, 250, 400], loop: 2 };

export function animatedGif(options?: PictureOptions): Promise<Buffer> {
  return frames(options).gif(timing).toBuffer();
}

export function animatedWebp(options?: PictureOptions): Promise<Buffer> {
  return frames(options)
    .webp({ lossless: true, ...timing })
    .toBuffer();
}

export interface Pixels {
  width: number;
  height: number;
  channels: number;
  /** Of each pixel, its channels. */
  data: Buffer;
}

/** Everything that can be seen of a picture: its size and its pixels, all frames below each other. */
export async function pixelsOf(picture: Buffer, animated = false): Promise<Pixels> {
  const { data, info } = await sharp(picture, { animated }).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, channels, data };
}

/** The mean of what separates the channels of two pictures of one size. */
export function difference(one: Pixels, other: Pixels): number {
  if (one.data.length !== other.data.length) return Infinity;
  let sum = 0;
  for (const [at, value] of one.data.entries()) sum += Math.abs(value - other.data[at]!);
  return sum / one.data.length;
}
