import { stages, type OperationEntries } from './operation-entry.js';

type Detail = 'blur' | 'sharpen' | 'median';

export const detail: OperationEntries<Detail> = {
  blur: {
    stage: stages.blur,
    until: stages.negate,
    first: true,
    fractions: true,
    whole: true,
    apply: (image, { sigma }) => image.blur(sigma),
  },
  sharpen: {
    stage: stages.sharpen,
    until: stages.negate,
    first: true,
    fractions: true,
    // The other parameters mean something only with a sigma; sharp's own default of it is "mild".
    apply: (image, { sigma, ...parameters }) =>
      sigma === undefined ? image.sharpen() : image.sharpen({ sigma, ...parameters }),
  },
  median: { stage: stages.median, apply: (image, { size }) => image.median(size) },
};
