import type { Operation } from '#contracts';
import { describe, expect, it } from 'vitest';
import { colours } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';
import { requireFit } from './fit.js';

const still = { width: 100, height: 400, frames: 1, alpha: false, grey: false };

describe('requireFit', () => {
  it.each<[Operation, Partial<typeof still>, string]>([
    [
      { extract: { left: 50, top: 0, width: 60, height: 10 } },
      {},
      '60 × 10 at 50, 0 lies outside of the picture of 100 × 400',
    ],
    [
      { extract: { left: 0, top: 399, width: 1, height: 2 } },
      { frames: 3 },
      '1 × 2 at 0, 399 lies outside of the frame of 100 × 400',
    ],
    [{ clahe: { width: 8, height: 401 } }, {}, 'a window of 8 × 401 does not fit into the picture of 100 × 400'],
    [{ linear: { a: [1, 2] } }, {}, 'a list of 2 numbers does not fit a picture'],
    [{ trim: {} }, { frames: 2 }, 'cannot be done to an animation'],
    [{ resize: { width: 5, height: 5, position: 'entropy' } }, { frames: 2 }, 'position entropy cannot be asked'],
  ])('says of %j what does not fit', (operation, more, expected) => {
    expect(() => requireFit(operation, { ...still, ...more })).toThrow(
      expect.objectContaining({
        code: 'recipe-does-not-fit',
        message: expect.stringContaining(expected) as string,
      }) as Error,
    );
  });

  it.each<Operation>([
    { extract: { left: 40, top: 390, width: 60, height: 10 } },
    { clahe: { width: 100, height: 400 } },
    { linear: { a: [1, 2, 3] } },
    { trim: {} },
    { resize: { width: 5, height: 5, position: 'entropy' } },
  ])('lets %j be done where it fits', (operation) => {
    expect(() => requireFit(operation, still)).not.toThrow();
  });
});

it('a failure names the operation by its place in the recipe, however many passes are in front of it', async () => {
  const source = await colours().png().toBuffer();
  const operations: Operation[] = [
    { negate: {} },
    { flop: {} },
    { resize: { width: 20, height: 10 } },
    { extract: { left: 15, top: 0, width: 6, height: 10 } },
  ];
  await expect(processOne(source, operations)).rejects.toMatchObject({
    code: 'recipe-does-not-fit',
    message: 'outputs.image.operations[3].extract: 6 × 10 at 15, 0 lies outside of the picture of 20 × 10',
  });
});
