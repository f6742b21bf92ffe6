import type { Matrix3x3, Matrix4x4 } from 'sharp';
import { inColours } from './in-colours.js';
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
  negate: { stage: stages.negate, apply: (image, { alpha = false }) => image.negate({ alpha }) },
  grayscale: { stage: stages.grayscale, until: stages.negate, apply: (image) => image.grayscale() },
  tint: { stage: stages.tint, apply: (image, { tint }, canvas) => inColours(image, canvas).tint(tint) },
  modulate: { stage: stages.modulate, apply: (image, parameters) => image.modulate(parameters) },
  normalise: { stage: stages.normalise, whole: true, apply: (image, parameters) => image.normalise(parameters) },
  clahe: { stage: stages.clahe, plain: true, whole: true, apply: (image, parameters) => image.clahe(parameters) },
  gamma: { stage: stages.gamma, apply: (image, { gamma, gammaOut }) => image.gamma(gamma, gammaOut) },
  linear: {
    stage: stages.linear,
    plain: true,
    apply: (image, { a = 1, b = 0 }, canvas) => {
      // sharp wants lists of one length.
      const length = Math.max(Array.isArray(a) ? a.length : 1, Array.isArray(b) ? b.length : 1);
      const listOf = (value: number | number[]): number[] =>
        Array.isArray(value) ? value : Array.from({ length }, () => value);
      return (length === 1 ? image : inColours(image, canvas)).linear(listOf(a), listOf(b));
    },
  },
  threshold: {
    stage: stages.threshold,
    plain: true,
    until: stages.negate,
    apply: (image, { threshold, grayscale = true }) => image.threshold(threshold, { grayscale }),
  },
  flatten: { stage: stages.flatten, apply: (image, parameters) => image.flatten(parameters) },
  recomb: {
    stage: stages.recomb,
    until: stages.negate,
    fractions: true,
    apply: (image, { matrix }) => image.recomb(matrix as Matrix3x3 | Matrix4x4),
  },
};
