import type { Operation } from '#contracts';
import type { Metadata } from 'sharp';
import { isSmart } from './fit.js';
import type { ImageFormat } from './image-format.js';
import type { Canvas } from './operations/operation-entry.js';
import { entryOf } from './operations/operation-table.js';
import { memoryOfOverlay } from './operations/overlay.js';
import { passesOf } from './passes.js';
import { isDoneInParts } from './pixel-pass.js';
import { largestSize, sizeAfter, type Size } from './room.js';

/** What a picture takes of the memory, beside what is made of it. */
export interface PictureMemory {
  /** From its making until it is closed, in bytes. */
  held: number;
  /** By its decoder, while a pass reads it, in bytes. */
  decoding: number;
  /** Of one decoded pixel, in bytes. */
  pixelBytes: number;
  /** Whether its decoder can only be turned upright as a whole. */
  turned: boolean;
}

/** Whatever the number of its channels, a pixel counts as four: operations add channels. */
export const channels = 4;

/** What decoders take that keep more than some rows, in bytes for each pixel. Measured by bench/image-memory.bench.ts. */
const decoders: Readonly<Record<string, number>> = { webp: 10, heif: 20, gif: 5 };
const progressiveDecoders: Readonly<Record<string, number>> = { jpeg: 8, png: channels };

const depthBytes: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2 };

/** What is kept of a picture whose rows are taken as they come: so many of them, each pixel with what it is made of. */
const keptRows = 1_000;
const rowPixelBytes = 8;

/** libvips keeps the frames of an animation, and their encoders keep them a second time. */
const animationBytes = 8;

/** Pixels that are worked on in parts: as they came, a part, what was made of it, and all parts together. */
const partsBytes = 4 * channels;

/** What is written as TIFF on its way from pass to pass grows in a buffer that is doubled. */
const growing = 2;

/** What the file of a picture takes; a file that is mapped counts for nothing, as the system can take it back. */
export function memoryOfFile({
  width,
  height,
  channels: ofFile,
  format,
  depth,
  isProgressive,
  orientation = 1,
}: Metadata): PictureMemory {
  const depths = depthBytes[depth] ?? 8;
  const perPixel = (isProgressive && progressiveDecoders[format]) || (decoders[format] ?? 0);
  return {
    held: 0,
    decoding: width * height * perPixel * depths,
    pixelBytes: Math.max(channels, ofFile) * depths,
    turned: orientation > 1,
  };
}

/**
 * The most that an output takes of the memory, over all its passes, in bytes. A pass that would make more pixels than
 * are allowed is refused when it comes to that, and counts for nothing here.
 */
export function memoryOfOutput(
  { canvas, memory, plain }: { canvas: Canvas; memory: PictureMemory; plain: boolean },
  operations: Operation[],
  format: ImageFormat,
  pixelLimit: number,
): number {
  const passes = passesOf(operations, plain);
  const last = passes.at(-1);
  let picture = { canvas, memory };
  let most = 0;
  for (const pass of passes) {
    const largest = Math.max(...sizesOn(picture.canvas, pass).map(areaOf));
    if (largest * picture.canvas.frames > pixelLimit) break;
    most = Math.max(most, memoryOfPass(picture, pass, pass === last ? format : null));
    picture = handedOver(picture.canvas, pass);
  }
  return most;
}

/**
 * The most that a pass takes of the memory, in bytes.
 * @param format what the pass encodes its picture as; null for one that hands its pixels over
 */
export function memoryOfPass(
  { canvas, memory }: { canvas: Canvas; memory: PictureMemory },
  pass: Operation[],
  format: ImageFormat | null,
): number {
  const largest = sizesOn(canvas, pass);
  const pixels = Math.max(...largest.map(areaOf)) * canvas.frames;
  const rows = Math.min(pixels, keptRows * Math.max(...largest.map(({ width }) => width))) * rowPixelBytes;
  const whole = memory.turned || pass.some(needsWhole) ? pixels * memory.pixelBytes : 0;
  const frames = canvas.frames > 1 ? pixels * animationBytes : 0;
  const parts = isDoneInParts(pass[0], canvas) ? pixels * partsBytes : 0;
  const made = areaOf(sizeLeft(canvas, pass)) * (format ? format.encodingBytes : canvas.frames * handedOverBytes(pass));
  const overlay = Math.max(0, ...pass.map((operation) => memoryOfOverlay(operation, canvas)));
  return memory.held + memory.decoding + rows + whole + frames + parts + overlay + made;
}

/** All sizes that a picture has in a pass. */
function sizesOn(canvas: Canvas, pass: Operation[]): Size[] {
  return [canvas, ...pass.map((operation) => largestSize(operation, canvas))];
}

/** What a pass leaves; at most one of its operations changes the size. */
function sizeLeft(canvas: Canvas, pass: Operation[]): Size {
  const sizes = pass.map((operation) => sizeAfter(operation, canvas));
  return sizes.find(({ width, height }) => width !== canvas.width || height !== canvas.height) ?? canvas;
}

/** The picture that a pass leaves for the next one, as `handOver` makes it. */
function handedOver(canvas: Canvas, pass: Operation[]): { canvas: Canvas; memory: PictureMemory } {
  const size = sizeLeft(canvas, pass);
  const held = areaOf(size) * canvas.frames * channels;
  return {
    // An operation may have added transparency.
    canvas: { ...canvas, ...size, alpha: true },
    memory: { held, decoding: 0, pixelBytes: channels, turned: false },
  };
}

function needsWhole(operation: Operation): boolean {
  if (entryOf(operation).whole) return true;
  return 'resize' in operation && isSmart(operation.resize.position);
}

/** Of a pixel that goes to the next pass. */
function handedOverBytes(pass: Operation[]): number {
  return pass.some((operation) => 'grayscale' in operation) ? channels * growing : channels;
}

function areaOf({ width, height }: Size): number {
  return Math.ceil(width) * Math.ceil(height);
}
