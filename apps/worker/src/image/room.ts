import type { Operation, OperationParameters } from '#contracts';
import { ImageFailure } from './image-failure.js';
import type { Canvas } from './operations/operation-entry.js';

export interface Size {
  width: number;
  height: number;
}

/**
 * Makes sure, before sharp begins, that an operation that may enlarge a picture stays below the limit of pixels.
 * @throws ImageFailure `output-too-large`
 */
export function requireRoom(operation: Operation, canvas: Canvas, pixelLimit: number): void {
  const { width, height } = largestSize(operation, canvas);
  const pixels = wholeSide(width) * wholeSide(height) * canvas.frames;
  if (pixels <= pixelLimit) return;
  throw new ImageFailure(
    'output-too-large',
    `would make a picture of ${pixels} pixels; at most ${pixelLimit} are allowed`,
  );
}

/** Sides are rounded as sharp rounds them. */
function wholeSide(side: number): number {
  return Math.max(1, Math.round(side));
}

/** The largest size that an operation gives the picture, on its way or in the end. */
export function largestSize(operation: Operation, canvas: Canvas): Size {
  if ('resize' in operation) return largestSizeOfResize(operation.resize, canvas);
  if ('extend' in operation) {
    const { top = 0, bottom = 0, left = 0, right = 0 } = operation.extend;
    return { width: canvas.width + left + right, height: canvas.height + top + bottom };
  }
  if ('rotate' in operation) {
    const angle = (operation.rotate.angle * Math.PI) / 180;
    const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
    return { width: canvas.width * cos + canvas.height * sin, height: canvas.width * sin + canvas.height * cos };
  }
  return canvas;
}

/** The size that an operation leaves; never smaller than what sharp makes of it. */
export function sizeAfter(operation: Operation, canvas: Canvas): Size {
  const largest = largestSize(operation, canvas);
  const cropped = croppedSize(operation);
  if (!cropped) return largest;
  return { width: Math.min(largest.width, cropped.width), height: Math.min(largest.height, cropped.height) };
}

function croppedSize(operation: Operation): Size | null {
  if ('extract' in operation) return operation.extract;
  if (!('resize' in operation)) return null;
  const { width, height, fit = 'cover' } = operation.resize;
  return fit === 'cover' && width !== undefined && height !== undefined ? { width, height } : null;
}

/** sharp scales, and then crops (`cover`) or fills up (`contain`). */
function largestSizeOfResize(parameters: OperationParameters['resize'], canvas: Canvas): Size {
  const { width, height, fit = 'cover', withoutEnlargement, withoutReduction } = parameters;
  const held = (scale: number): number => {
    if (withoutEnlargement) return Math.min(1, scale);
    return withoutReduction ? Math.max(1, scale) : scale;
  };
  const [across, down] = scales(parameters, canvas);
  const scaled = { width: canvas.width * held(across), height: canvas.height * held(down) };
  if (fit !== 'contain') return scaled;
  return { width: Math.max(scaled.width, width ?? 0), height: Math.max(scaled.height, height ?? 0) };
}

function scales({ width, height, fit = 'cover' }: OperationParameters['resize'], canvas: Canvas): [number, number] {
  const across = width === undefined ? undefined : width / canvas.width;
  const down = height === undefined ? undefined : height / canvas.height;
  if (fit === 'fill') return [across ?? 1, down ?? 1];
  const both = [across ?? down!, down ?? across!] as const;
  const scale = fit === 'cover' || fit === 'outside' ? Math.max(...both) : Math.min(...both);
  return [scale, scale];
}
