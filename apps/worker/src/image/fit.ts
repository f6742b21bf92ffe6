import type { Operation } from '#contracts';
import { ImageFailure } from './image-failure.js';
import type { Canvas } from './operations/operation-entry.js';
import { entryOf } from './operations/operation-table.js';

/**
 * Makes sure, before sharp begins, that an operation can be done to a picture of this size.
 * @param canvas exactly what the operation is given: it is the first of its pass
 * @throws ImageFailure `recipe-does-not-fit`, with the numbers that do not fit together
 */
export function requireFit(operation: Operation, canvas: Canvas): void {
  const misfit = misfitOf(operation, canvas);
  if (misfit) throw new ImageFailure('recipe-does-not-fit', misfit);
}

function misfitOf(operation: Operation, canvas: Canvas): string | null {
  const { width, height, frames } = canvas;
  const picture = `the ${frames > 1 ? 'frame' : 'picture'} of ${width} × ${height}`;
  if (frames > 1) {
    if (entryOf(operation).stillsOnly) return 'cannot be done to an animation, whose frames might differ in size then';
    if ('resize' in operation && isSmart(operation.resize.position)) {
      return `position ${operation.resize.position} cannot be asked of an animation`;
    }
  }
  if ('extract' in operation) {
    const { left, top, width: w, height: h } = operation.extract;
    if (left + w > width || top + h > height) return `${w} × ${h} at ${left}, ${top} lies outside of ${picture}`;
  }
  if ('clahe' in operation) {
    const { width: w, height: h } = operation.clahe;
    if (w > width || h > height) return `a window of ${w} × ${h} does not fit into ${picture}`;
  }
  if ('linear' in operation) return misfitOfChannels(operation.linear);
  return null;
}

/** A picture has three colours, and perhaps alpha. */
function misfitOfChannels({ a, b }: { a?: number | number[]; b?: number | number[] }): string | null {
  const numbers = [a, b].find((list) => Array.isArray(list) && list.length === 2);
  return numbers ? 'a list of 2 numbers does not fit a picture, which has 3 channels, or 4 with alpha' : null;
}

export function isSmart(position: string | undefined): boolean {
  return position === 'entropy' || position === 'attention';
}
