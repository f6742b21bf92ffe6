import { operationNames, type Operation, type OperationName } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { examples } from '../../test/examples.js';
import { colours, difference, framed, pixelsOf, type Pixels } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';

/** Each operation done to what the one before has written: what a recipe of several must come to. */
async function oneByOne(source: Buffer, operations: Operation[]): Promise<Pixels> {
  let picture = source;
  for (const operation of operations) picture = (await processOne(picture, [operation])).bytes;
  return pixelsOf(picture);
}

async function together(source: Buffer, operations: Operation[]): Promise<Pixels> {
  return pixelsOf((await processOne(source, operations)).bytes);
}

/** An image that begins with what another has made. */
async function written(image: Sharp): Promise<Sharp> {
  return sharp(await image.png().toBuffer());
}

/** Gamma is no step of its own: it says in what light the operations in front of it are done. */
const steps = operationNames.filter((name) => name !== 'gamma');
const pairs = steps.flatMap((first) => steps.map((second) => [first, second] as const));
/** The example's region of its region is outside of it. */
const possible = pairs.filter(([first, second]) => first !== 'extract' || second !== 'extract');
const operation = (name: OperationName): Operation => ({ [name]: examples[name] }) as unknown as Operation;

describe.each([
  ['a transparent picture', (): Sharp => colours({ width: 30, height: 30, alpha: true }), possible],
  ['a picture with a margin', framed, pairs.filter(([, second]) => second === 'trim')],
] as const)('two operations on %s', (_what, picture, several) => {
  it.each(several)('%s, then %s', async (first, second) => {
    const source = await picture().png().toBuffer();
    const operations = [operation(first), operation(second)];
    const [expected, made] = [await oneByOne(source, operations), await together(source, operations)];
    expect({ ...made, data: null }).toEqual({ ...expected, data: null });
    // In one pass, colours are not rounded in between; and what is nearly transparent has hardly any colour.
    expect(difference(made, expected)).toBeLessThan(0.5);
  });
});

describe('many operations', () => {
  it('are done in the order of the recipe, against the order of sharp', async () => {
    const source = await colours({ width: 60, height: 60 }).png().toBuffer();
    const operations: Operation[] = [
      { negate: {} },
      { tint: { tint: '#88c' } },
      { flop: {} },
      { extract: { left: 5, top: 5, width: 40, height: 30 } },
      { rotate: { angle: 90 } },
      { resize: { width: 33 } },
      { extend: { top: 4, background: '#ff0000' } },
      { flip: {} },
      { resize: { width: 25, height: 25 } },
      { grayscale: {} },
    ];
    let image = await written(sharp(source).negate());
    image = await written(image.tint('#88c'));
    image = await written(image.flop());
    image = await written(image.extract({ left: 5, top: 5, width: 40, height: 30 }));
    image = await written(image.rotate(90));
    image = await written(image.resize(33));
    image = await written(image.extend({ top: 4, background: '#ff0000' }));
    image = await written(image.flip());
    image = await written(image.resize(25, 25));
    const expected = await pixelsOf(await image.grayscale().png().toBuffer());
    expect(await together(source, operations)).toEqual(expected);
  });

  it('keep colours that come after grey, and transparency', async () => {
    const source = await colours({ alpha: true }).png().toBuffer();
    const operations: Operation[] = [{ grayscale: {} }, { tint: { tint: '#f00' } }, { flop: {} }, { flip: {} }];
    const { data, channels } = await together(source, operations);
    expect(channels).toBe(4);
    const middle = (16 * 48 + 24) * 4;
    expect(data[middle]! - data[middle + 1]!).toBeGreaterThan(50);
    const flipped = await pixelsOf(await sharp(source).flip().flop().png().toBuffer());
    expect(data[3]).toBe(flipped.data[3]);
  });

  it('behind which gamma stands resize in linear light, pixel for pixel as sharp does', async () => {
    const source = await colours().png().toBuffer();
    const made = await together(source, [{ resize: { width: 13 } }, { gamma: {} }]);
    expect(made).toEqual(await pixelsOf(await sharp(source).resize(13).gamma().png().toBuffer()));
    expect(made).not.toEqual(await together(source, [{ resize: { width: 13 } }]));
  });

  it('may be the same one, as often as the recipe says', async () => {
    const source = await colours().png().toBuffer();
    const { data } = await pixelsOf(source);
    const negate: Operation = { negate: {} };
    expect((await together(source, [negate, negate])).data.equals(data)).toBe(true);
    expect((await together(source, [negate, negate, negate])).data.equals(data)).toBe(false);
  });
});
