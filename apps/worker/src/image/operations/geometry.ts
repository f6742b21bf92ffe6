import { inColours } from './in-colours.js';
import { stages, type OperationEntries } from './operation-entry.js';

type Geometry = 'resize' | 'extract' | 'trim' | 'extend' | 'rotate' | 'flip' | 'flop';

export const geometry: OperationEntries<Geometry> = {
  resize: {
    stage: stages.geometry,
    until: stages.sharpen,
    apply: (image, parameters, canvas) =>
      (parameters.background === undefined ? image : inColours(image, canvas)).resize(parameters),
  },
  extract: { stage: stages.geometry, apply: (image, region) => image.extract(region) },
  trim: {
    stage: stages.geometry,
    first: true,
    // sharp would look at the corner of the picture before it is turned upright.
    plain: true,
    stillsOnly: true,
    whole: true,
    apply: (image, parameters) => image.trim(parameters),
  },
  extend: {
    stage: stages.geometry,
    whole: true,
    apply: (image, parameters, canvas) => inColours(image, canvas).extend(parameters),
  },
  rotate: {
    stage: stages.geometry,
    stillsOnly: true,
    whole: true,
    apply: (image, { angle, background }, canvas) =>
      inColours(image, canvas).rotate(angle, background === undefined ? undefined : { background }),
  },
  flip: { stage: stages.geometry, stillsOnly: true, whole: true, apply: (image) => image.flip() },
  flop: { stage: stages.geometry, apply: (image) => image.flop() },
};
