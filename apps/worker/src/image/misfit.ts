import { ImageFailure } from './image-failure.js';
import type { ImageFormat } from './image-format.js';

/** What sharp says of an operation that a picture does not allow, and what that means. */
const misfits: [said: RegExp, meaning: string][] = [
  [
    /Band expansion|vector must have|bands in must equal/,
    'a list has more or fewer numbers than the picture has channels',
  ],
  [/window too large|at least 3x3|too small|same dimensions or smaller/, 'the picture is too small for an operation'],
  [/bad extract area/, 'a region lies outside of the picture'],
  [/multi-page/, 'an operation cannot be done to an animation'],
  [/empty image/, 'nothing would be left of the picture'],
];

/**
 * What an error of sharp says of a recipe, when the picture itself can be decoded. Most misfits are found before sharp
 * begins, with their numbers; these are left.
 * @returns null for an error that is none of these
 */
export function misfitOf(error: Error, output: string, format: ImageFormat): ImageFailure | null {
  if (error instanceof ImageFailure) return null;
  const { message } = error;
  const place = `outputs.${output}`;
  if (/too large for the/.test(message)) {
    const meaning = `${format.type} holds no more than ${format.longestSide} × ${format.longestSide} pixels`;
    return new ImageFailure('recipe-does-not-fit', `${place}.format: ${meaning}; resize the picture first`, message);
  }
  const meaning = misfits.find(([said]) => said.test(message))?.[1];
  return meaning ? new ImageFailure('recipe-does-not-fit', `${place}: ${meaning}`, message) : null;
}
