import type { OperationName, OperationParameters } from '../operation.js';

type WholeRules = { [Name in OperationName]?: (parameters: OperationParameters[Name]) => string | undefined };

/** Rules between the parameters of one operation: what is wrong, or undefined. */
export const wholeRules: WholeRules = {
  resize: ({ width, height, fit = 'cover', position, focus, withoutEnlargement, withoutReduction }) => {
    if (width === undefined && height === undefined) return 'must have a width, a height, or both';
    if (withoutEnlargement && withoutReduction) return 'cannot have both withoutEnlargement and withoutReduction';
    if (focus && (width === undefined || height === undefined || fit !== 'cover' || position !== undefined))
      return 'with a focus must have a width and a height, the fit cover, and no position';
    return undefined;
  },
  normalise: ({ lower = 1, upper = 99 }) => (lower < upper ? undefined : 'must have a lower below its upper'),
  linear: ({ a, b }) => {
    if (a === undefined && b === undefined) return 'must have an a, a b, or both';
    if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return 'must have an a and a b of one length';
    return undefined;
  },
  composite: ({ text, image, colour }) => {
    if ((text === undefined) === (image === undefined)) return 'must have either a text or an image';
    if (image !== undefined && colour !== undefined) return 'must have no colour with an image; it is for a text';
    return undefined;
  },
};
