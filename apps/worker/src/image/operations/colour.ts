import type { Matrix3x3, Matrix4x4 } from 'sharp';
import { isGrey } from './grey-colour.js';
import { stages, type OperationEntries } from './operation-entry.js';

type Colour =
  | 'negate'
  | 'grayscale'
  | 'tint'
  | 'modulate'
  | 'normalise'
  | 'clahe'
  | 'gamma'
  | 'linear'
  | 'threshold'
  | 'flatten'
  | 'recomb';

export const colour: OperationEntries<Colour> = {
  negate: {
    stage: stages.negate,
    keepsGrey: () => true,
    apply: (image, { alpha = false }) => image.negate({ alpha }),
  },
  grayscale: {
    stage: stages.grayscale,
    until: stages.negate,
    greys: () => true,
    keepsGrey: () => true,
    apply: (image) => image.grayscale(),
  },
  tint: { stage: stages.tint, apply: (image, { tint }) => image.tint(tint) },
  modulate: { stage: stages.modulate, apply: (image, parameters) => image.modulate(parameters) },
  normalise: {
    stage: stages.normalise,
    until: stages.negate,
    first: true,
    alpha: 'visible',
    keepsGrey: () => true,
    whole: true,
    apply: (image, parameters) => image.normalise(parameters),
  },
  clahe: {
    stage: stages.clahe,
    until: stages.negate,
    first: true,
    framewise: true,
    alpha: 'aside',
    keepsGrey: () => true,
    whole: true,
    apply: (image, parameters) => image.clahe(parameters),
  },
  gamma: {
    stage: stages.gamma,
    keepsGrey: () => true,
    apply: (image, { gamma, gammaOut }) => image.gamma(gamma, gammaOut),
  },
  linear: {
    stage: stages.linear,
    keepsGrey: ({ a, b }) => !Array.isArray(a) && !Array.isArray(b),
    apply: (image, { a = 1, b = 0 }) => {
      // sharp wants lists of one length.
      const length = Math.max(Array.isArray(a) ? a.length : 1, Array.isArray(b) ? b.length : 1);
      const listOf = (value: number | number[]): number[] =>
        Array.isArray(value) ? value : Array.from({ length }, () => value);
      return image.linear(listOf(a), listOf(b));
    },
  },
  threshold: {
    stage: stages.threshold,
    until: stages.negate,
    first: true,
    alpha: 'aside',
    greys: ({ grayscale = true }) => grayscale,
    keepsGrey: () => true,
    apply: (image, { threshold, grayscale = true }) => image.threshold(threshold, { grayscale }),
  },
  flatten: {
    stage: stages.flatten,
    keepsGrey: ({ background }) => isGrey(background),
    apply: (image, parameters) => image.flatten(parameters),
  },
  recomb: {
    stage: stages.recomb,
    until: stages.negate,
    fractions: true,
    apply: (image, { matrix }) => image.recomb(matrix as Matrix3x3 | Matrix4x4),
  },
};
