import { operationEntry, type Operation, type OperationName, type OutputRecipe } from '#contracts';
import type { ImageFormat } from './image-format.js';

/** The colour behind transparent pictures in formats without transparency, unless the recipe has another one. */
const defaultBackground = '#ffffff';

/**
 * The operations of an output, with the one that lays the picture on its background where the format has no
 * transparency, and the picture may.
 */
export function onBackground(
  { operations, background }: OutputRecipe,
  format: ImageFormat,
  hasAlpha: boolean,
): Operation[] {
  if (format.transparent || !mayBeTransparent(operations, hasAlpha)) return operations;
  return [...operations, { flatten: { background: background ?? defaultBackground } }];
}

/** Operations that fill what they add with their background. */
const filling: readonly OperationName[] = ['resize', 'extend', 'rotate'];
/** Operations that may change the transparency of a picture that has an alpha channel. */
const fading: readonly OperationName[] = ['negate', 'linear', 'recomb'];

/** Whether something may shine through what operations leave of a picture. */
export function mayBeTransparent(operations: Operation[], hasAlpha: boolean): boolean {
  // A watermark leaves a channel for transparency, with none in it.
  let [hasChannel, isTransparent] = [hasAlpha, hasAlpha];
  for (const operation of operations) {
    const [name, parameters] = operationEntry(operation);
    if (name === 'flatten') hasChannel = isTransparent = false;
    else if (name === 'composite') hasChannel = true;
    else if (filling.includes(name) && isSeeThrough(parameters)) hasChannel = isTransparent = true;
    else if (fading.includes(name) && hasChannel) isTransparent = true;
  }
  return isTransparent;
}

function isSeeThrough({ background }: { background?: string }): boolean {
  return background !== undefined && /^(transparent|#[0-9a-f]{4}|#[0-9a-f]{8})$/i.test(background);
}
