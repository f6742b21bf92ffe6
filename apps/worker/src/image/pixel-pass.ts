import type { Operation } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import type { Canvas } from './operations/operation-entry.js';
import { entryOf } from './operations/operation-table.js';
import { blankPixels, copyColour, type Pixels } from './pixels.js';

/** What an operation does to a part. */
export type PixelOperation = (image: Sharp, part: Omit<Canvas, 'grey'>) => Promise<Sharp>;

/** Whether an operation must be done to pixels in parts: frame by frame, or without their transparency. */
export function isDoneInParts(operation: Operation | undefined, canvas: Canvas): boolean {
  if (!operation) return false;
  const { framewise, alpha } = entryOf(operation);
  return (framewise === true && canvas.frames > 1) || (alpha !== undefined && canvas.alpha);
}

/**
 * Does one operation to pixels in parts, and puts the parts together again.
 * @param frames how many stand below each other
 * @returns pixels with as many frames
 */
export async function doInParts(
  pixels: Pixels,
  frames: number,
  operation: Operation,
  apply: PixelOperation,
): Promise<Pixels> {
  const { framewise, alpha } = entryOf(operation);
  const parts = framewise ? framesOf(pixels, frames) : [pixels];
  const together = framewise ? 1 : frames;
  const done: Pixels[] = [];
  for (const part of parts) {
    const all = (colours: Pixels): Promise<Pixels> => applied(colours, together, apply);
    if (!alpha || part.channels === 3) done.push(await all(part));
    else if (alpha === 'aside') done.push(withAlphaOf(part, await all(coloursOf(part))));
    else done.push(await onVisible(part, apply));
  }
  return done.length === 1 ? done[0]! : belowEachOther(done);
}

function belowEachOther(parts: Pixels[]): Pixels {
  const [{ width, height, channels }] = parts as [Pixels];
  const whole = blankPixels(width, height * parts.length, channels);
  for (const [index, { data }] of parts.entries()) whole.data.set(data, index * data.length);
  return whole;
}

function framesOf({ data, width, height, channels }: Pixels, frames: number): Pixels[] {
  const rows = height / frames;
  const bytes = width * rows * channels;
  return Array.from({ length: frames }, (_unused, index) => ({
    data: data.subarray(index * bytes, (index + 1) * bytes),
    width,
    height: rows,
    channels,
  }));
}

async function applied(
  { data, width, height, channels }: Pixels,
  frames: number,
  apply: PixelOperation,
): Promise<Pixels> {
  const pageHeight = height / frames;
  const raw = { width, height, channels, ...(frames > 1 && { pageHeight }) };
  const image = sharp(data, { raw, limitInputPixels: false, animated: frames > 1 });
  const made = await (
    await apply(image, { width, height: pageHeight, frames, alpha: channels === 4 })
  )
    .raw()
    .toBuffer({ resolveWithObject: true });
  return inThreeChannels({ ...made.info, data: made.data });
}

/** What became grey has one channel when sharp writes it raw. */
function inThreeChannels(made: { data: Buffer; width: number; height: number; channels: number }): Pixels {
  const { data, width, height, channels } = made;
  if (channels >= 3) return { data, width, height, channels: channels as 3 | 4 };
  const wide = blankPixels(width, height, 3);
  for (let from = 0, to = 0; from < data.length; from++, to += 3) wide.data.fill(data[from]!, to, to + 3);
  return wide;
}

function coloursOf({ data, width, height }: Pixels): Pixels {
  const colours = blankPixels(width, height, 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) copyColour(data, from, colours.data, to);
  return colours;
}

function withAlphaOf({ data: before }: Pixels, { data, width, height }: Pixels): Pixels {
  const whole = blankPixels(width, height, 4);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    copyColour(data, from, whole.data, to);
    whole.data[to + 3] = before[to + 3]!;
  }
  return whole;
}

/** Does an operation, which must not mind where pixels are, to those that can be seen. */
async function onVisible({ data, width, height }: Pixels, apply: PixelOperation): Promise<Pixels> {
  const whole = blankPixels(width, height, 4);
  whole.data.set(data);
  let count = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) count++;
  if (count === 0) return whole;
  const shape = rectangleFor(count);
  const visible = blankPixels(shape.width, shape.height, 3);
  // What is left of the rectangle is filled with the first pixels once more.
  for (let to = 0; to < visible.data.length;) {
    for (let from = 0; from < data.length && to < visible.data.length; from += 4) {
      if (data[from + 3] === 0) continue;
      copyColour(data, from, visible.data, to);
      to += 3;
    }
  }
  const made = await applied(visible, 1, apply);
  for (let at = 0, from = 0; at < data.length; at += 4) {
    if (data[at + 3] === 0) continue;
    copyColour(made.data, from, whole.data, at);
    from += 3;
  }
  return whole;
}

/** The rectangle with least to spare for so many pixels, among those of a handy width. */
function rectangleFor(count: number): { width: number; height: number } {
  let best = { width: count, height: 1 };
  if (count <= 1024) return best;
  let least = Infinity;
  for (let width = 512; width <= 1024 && least > 0; width++) {
    const height = Math.ceil(count / width);
    if (width * height - count < least) [best, least] = [{ width, height }, width * height - count];
  }
  return best;
}
