import { fits, type Operation } from '#contracts';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageFailure } from './image-failure.js';
import { requireRoom, sizeAfter } from './room.js';

const still = { width: 400, height: 200, frames: 1, alpha: false, grey: false };

/** The fewest pixels that a limit must allow for the operation. */
function pixelsNeeded(operation: Operation, canvas = still): number {
  try {
    requireRoom(operation, canvas, 0);
  } catch (error) {
    expect(error).toBeInstanceOf(ImageFailure);
    return Number(/of (\d+) pixels/.exec((error as Error).message)![1]);
  }
  throw new Error('nothing needs no room');
}

describe('the room that an operation needs', () => {
  const cases: [string, Operation, number][] = [
    ['a width', { resize: { width: 800 } }, 800 * 400],
    ['a height', { resize: { height: 400 } }, 800 * 400],
    ['a width, to fill', { resize: { width: 800, fit: 'fill' } }, 800 * 200],
    ['both, to fill', { resize: { width: 10, height: 500, fit: 'fill' } }, 10 * 500],
    ['both, inside', { resize: { width: 800, height: 800, fit: 'inside' } }, 800 * 400],
    ['both, outside', { resize: { width: 800, height: 800, fit: 'outside' } }, 1600 * 800],
    ['both, contained', { resize: { width: 800, height: 800, fit: 'contain' } }, 800 * 800],
    ['both, covered, which are scaled before they are cropped', { resize: { width: 1, height: 2000 } }, 4000 * 2000],
    ['a width that must not enlarge', { resize: { width: 16_000, withoutEnlargement: true } }, 400 * 200],
    ['a width that must not reduce', { resize: { width: 4, withoutReduction: true } }, 400 * 200],
    [
      'a height that must not reduce',
      { resize: { width: 4, height: 300, fit: 'fill', withoutReduction: true } },
      400 * 300,
    ],
    ['margins', { extend: { top: 1, bottom: 2, left: 3, right: 4 } }, 407 * 203],
    ['a quarter turn', { rotate: { angle: 90 } }, 200 * 400],
    ['an eighth turn', { rotate: { angle: -45 } }, 424 ** 2],
    ['nothing of the kind', { negate: {} }, 400 * 200],
  ];

  it.each(cases)('for %s', (_what, operation, pixels) => {
    expect(pixelsNeeded(operation)).toBe(pixels);
  });

  it('grows with the frames', () => {
    expect(pixelsNeeded({ resize: { width: 800 } }, { ...still, frames: 7 })).toBe(800 * 400 * 7);
  });

  it('is there when the limit is just as large', () => {
    expect(() => requireRoom({ resize: { width: 800 } }, still, 320_000)).not.toThrow();
    expect(() => requireRoom({ resize: { width: 800 } }, still, 319_999)).toThrow(
      expect.objectContaining({
        code: 'output-too-large',
        message: 'would make a picture of 320000 pixels; at most 319999 are allowed',
      }) as Error,
    );
  });

  it('is never less than what sharp makes of it', async () => {
    const side = fc.integer({ min: 1, max: 60 });
    const parameters = fc
      .record(
        {
          width: side,
          height: side,
          fit: fc.constantFrom(...fits),
          withoutEnlargement: fc.boolean(),
          withoutReduction: fc.boolean(),
        },
        { requiredKeys: ['width'] },
      )
      .filter(({ withoutEnlargement, withoutReduction }) => !(withoutEnlargement && withoutReduction));
    await fc.assert(
      fc.asyncProperty(parameters, side, side, async (resize, width, height) => {
        const image = sharp({ create: { width, height, channels: 3, background: 'red' } });
        const { info } = await image.resize(resize).raw().toBuffer({ resolveWithObject: true });
        expect(pixelsNeeded({ resize }, { ...still, width, height })).toBeGreaterThanOrEqual(info.width * info.height);
        const after = sizeAfter({ resize }, { ...still, width, height });
        expect(Math.ceil(after.width)).toBeGreaterThanOrEqual(info.width);
        expect(Math.ceil(after.height)).toBeGreaterThanOrEqual(info.height);
      }),
      { numRuns: 300 },
    );
  });
});
