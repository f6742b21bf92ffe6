import type { Operation, OperationParameters } from '#contracts';
import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import type { Size } from '../room.js';
import { stages, type Canvas, type OperationEntries } from './operation-entry.js';
import { drawText, memoryOfText } from './text.js';
import { drawWatermark, type Watermarks } from './watermark.js';

const usualSize = 0.3;

export const overlay: OperationEntries<'composite'> = {
  composite: {
    stage: stages.composite,
    first: true,
    apply: async (image, parameters, canvas, watermarks) => {
      const { gravity = 'southeast', tile = false } = parameters;
      return overlaid(image, { ...(await drawn(parameters, canvas, watermarks)), gravity, tile }, canvas);
    },
  },
};

/** What drawing a text takes of the memory, in bytes; that of pictures is counted with the pictures themselves. */
export function memoryOfOverlay(operation: Operation, canvas: Size): number {
  if (!('composite' in operation) || operation.composite.text === undefined) return 0;
  return memoryOfText(boxOn(canvas, operation.composite.size));
}

function drawn(
  { text, image, colour = 'white', opacity = 0.6, size }: OperationParameters['composite'],
  canvas: Canvas,
  watermarks: Watermarks,
): Promise<OverlayOptions> {
  const box = boxOn(canvas, size);
  if (text !== undefined) return drawText(text, { colour, opacity }, box);
  const watermark = watermarks.get(image!);
  if (!watermark) throw new Error(`The picture ${image} was not brought along with the recipe`);
  return drawWatermark(watermark, opacity, box);
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
