import type { Operation } from '#contracts';
import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import type { Size } from '../room.js';
import { stages, type Canvas, type OperationEntries } from './operation-entry.js';
import { drawText, memoryOfText } from './text.js';

const usualSize = 0.3;

export const overlay: OperationEntries<'composite'> = {
  composite: {
    stage: stages.composite,
    first: true,
    apply: async (image, parameters, canvas) => {
      const { text, gravity = 'southeast', colour = 'white', opacity = 0.6, size, tile = false } = parameters;
      const drawn = await drawText(text, { colour, opacity }, boxOn(canvas, size));
      return overlaid(image, { ...drawn, gravity, tile }, canvas);
    },
  },
};

/** What an operation takes of the memory for what it lays over a picture, in bytes. */
export function memoryOfOverlay(operation: Operation, canvas: Size): number {
  return 'composite' in operation ? memoryOfText(boxOn(canvas, operation.composite.size)) : 0;
}

/** What a watermark fills at most. */
function boxOn({ width, height }: Size, part = usualSize): Size {
  return { width: width * part, height: height * part };
}

async function overlaid(image: Sharp, watermark: OverlayOptions, canvas: Canvas): Promise<Sharp> {
  if (canvas.frames === 1) return image.composite([watermark]);
  // sharp lays frames below each other. A watermark as large as a frame, repeated, meets each at the same place.
  const { width, height } = canvas;
  const blank = { width, height, channels: 4 as const, background: 'transparent' };
  const frame = await sharp({ create: blank }).composite([watermark]).png().toBuffer();
  return image.composite([{ input: frame, tile: true, gravity: 'northwest' }]);
}
