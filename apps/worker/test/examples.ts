import type { OperationParameters } from '#contracts';

/** Of each operation, parameters that suit the small pictures of the tests. */
export const examples: OperationParameters = {
  resize: { width: 20, height: 20, fit: 'contain', background: '#ff0000' },
  extract: { left: 2, top: 3, width: 15, height: 12 },
  trim: { threshold: 20 },
  extend: { top: 3, left: 5, background: '#00ff0080' },
  rotate: { angle: 30, background: 'transparent' },
  flip: {},
  flop: {},
  negate: {},
  grayscale: {},
  tint: { tint: '#c84' },
  modulate: { brightness: 1.3, saturation: 0.5, hue: 90 },
  normalise: {},
  clahe: { width: 4, height: 4 },
  gamma: { gamma: 2.2, gammaOut: 1.5 },
  linear: { a: 1.2, b: [-20, 0, 20] },
  threshold: {},
  flatten: { background: '#fff' },
  recomb: {
    matrix: [
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ],
  },
  blur: { sigma: 1.5 },
  sharpen: { sigma: 1 },
  median: {},
  composite: { text: 'Hi', size: 0.9 },
};
