import type { Operation, OperationName } from '#contracts';

export interface OperationExample {
  /** What the picture shows. */
  operation: Operation;
  /** What is done to the photo first, so that there is something to see; has a picture of its own. */
  before?: Operation[];
  /** Another way to use it, with a picture of its own, by what sets it apart. */
  also?: { name: string; operation: Operation };
}

/** Of each operation, what its picture in doc/recipes.md shows. The photo is 320 × 214 pixels large. */
export const operationExamples: Record<OperationName, OperationExample> = {
  resize: { operation: { resize: { width: 200, height: 200, fit: 'cover', position: 'right' } } },
  extract: { operation: { extract: { left: 160, top: 20, width: 150, height: 170 } } },
  trim: {
    before: [{ extend: { top: 24, bottom: 24, left: 48, right: 12, background: '#e8d8b0' } }],
    operation: { trim: {} },
  },
  extend: { operation: { extend: { top: 16, bottom: 40, left: 16, right: 16, background: '#f4efe6' } } },
  rotate: { operation: { rotate: { angle: -8, background: '#f4efe6' } } },
  flip: { operation: { flip: {} } },
  flop: { operation: { flop: {} } },
  negate: { operation: { negate: {} } },
  grayscale: { operation: { grayscale: {} } },
  tint: { operation: { tint: { tint: '#b07a3c' } } },
  modulate: { operation: { modulate: { brightness: 1.1, saturation: 1.6, hue: 60 } } },
  normalise: { before: [{ linear: { a: 0.35, b: 95 } }], operation: { normalise: {} } },
  clahe: { operation: { clahe: { width: 48, height: 48, maxSlope: 10 } } },
  gamma: { operation: { gamma: { gamma: 1, gammaOut: 2.2 } } },
  linear: { operation: { linear: { a: [1.15, 1, 0.7], b: [10, 0, -10] } } },
  threshold: { operation: { threshold: { threshold: 140 } } },
  flatten: {
    before: [{ rotate: { angle: 15, background: 'transparent' } }],
    operation: { flatten: { background: '#2f6fb3' } },
  },
  recomb: {
    operation: {
      recomb: {
        matrix: [
          [0, 0, 1],
          [0, 1, 0],
          [1, 0, 0],
        ],
      },
    },
  },
  blur: { operation: { blur: { sigma: 4 } } },
  sharpen: { operation: { sharpen: { sigma: 2, m1: 1, m2: 6 } } },
  median: { operation: { median: { size: 9 } } },
  composite: {
    operation: { composite: { text: '© You', size: 0.3, opacity: 0.8 } },
    also: {
      name: 'image',
      operation: { composite: { image: 'logo', size: 0.3, opacity: 0.8, gravity: 'northwest' } },
    },
  },
};
