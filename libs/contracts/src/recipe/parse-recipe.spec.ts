import { describe, expect, it } from 'vitest';
import { Problem } from '../problem/problem.js';
import { operationNames } from './operation.js';
import { parseRecipe } from './parse-recipe.js';

/** The problem of a recipe: places and what is said of them. */
function errorsOf(recipe: unknown): Record<string, string> {
  try {
    parseRecipe(recipe);
  } catch (error) {
    if (!Problem.is(error, 'invalid-request')) throw error;
    return Object.fromEntries(error.extras.errors!.map(({ field, message }) => [field, message]));
  }
  throw new Error('the recipe is valid');
}

const withOutput = (output: unknown): unknown => ({ outputs: { thumb: output } });
const withOperation = (operation: unknown): unknown => withOutput({ operations: [{ negate: {} }, operation] });
const place = 'outputs.thumb.operations[1]';
const times = (length: number, value: unknown): unknown[] => Array.from({ length }, () => value);
const named = (count: number): object =>
  Object.fromEntries(times(count, {}).map((output, number) => [`a${number}`, output]));

describe('a valid recipe', () => {
  it('is returned as it stands', () => {
    const recipe = {
      outputs: {
        thumb: {
          operations: [{ resize: { width: 200, height: 200, fit: 'cover' } }],
          format: 'webp',
          quality: 80,
          facts: true,
        },
        'large-2_x': { operations: [{ negate: {} }, { negate: { alpha: true } }], format: 'same' },
      },
    };
    const before = structuredClone(recipe);
    expect(parseRecipe(recipe)).toEqual(before);
    expect(recipe).toEqual(before);
  });

  it('gets what it leaves out: no operations, the format of the source', () => {
    expect(parseRecipe(withOutput({}))).toEqual(withOutput({ operations: [], format: 'same' }));
    expect(parseRecipe(withOutput({ format: 'png' }))).toEqual(withOutput({ operations: [], format: 'png' }));
  });

  it('keeps the order of its outputs', () => {
    expect(Object.keys(parseRecipe({ outputs: { b: {}, a: {}, c: {} } }).outputs)).toEqual(['b', 'a', 'c']);
  });

  it('may use all that the limits allow', () => {
    const operations = times(20, { flip: {} });
    const names = Array.from({ length: 20 }, (_output, number) => `output-${number}`.padEnd(64, 'x'));
    const outputs = Object.fromEntries(names.map((name) => [name, { operations }]));
    expect(Object.keys(parseRecipe({ outputs }).outputs)).toHaveLength(20);
  });
});

describe('a recipe is refused with the exact place and what is allowed there:', () => {
  const outputs = 'must be an object of 1 to 20 named outputs';
  const operations = 'must be a list of at most 20 operations';
  const oneKey = 'must be an object with one key, the name of the operation';
  const width = 'must be a whole number from 1 to 16384';
  const formats = 'must be one of same, jpeg, png, webp, avif, gif, tiff';
  const name = 'a name must be 1 to 64 lower-case letters, digits, hyphens and underscores, with a letter first';

  const refused: [string, unknown, Record<string, string>][] = [
    ['a text', 'negate', { '': 'a recipe must be an object with the key outputs' }],
    ['null', null, { '': 'a recipe must be an object with the key outputs' }],
    ['a list', [], { '': 'a recipe must be an object with the key outputs' }],
    ['no outputs', {}, { outputs }],
    ['outputs that are a list', { outputs: [{}] }, { outputs }],
    ['an empty object of outputs', { outputs: {} }, { outputs }],
    ['21 outputs', { outputs: named(21) }, { outputs }],
    [
      'another key beside outputs',
      { outputs: { a: {} }, format: 'png' },
      { format: 'is not known here; allowed are outputs' },
    ],
    ['a name in capitals', { outputs: { Thumb: {} } }, { 'outputs.Thumb': name }],
    ['a name that is a path', { outputs: { '../a': {} } }, { 'outputs.../a': name }],
    ['an empty name', { outputs: { '': {} } }, { 'outputs.': name }],
    ['a name of 65 letters', { outputs: { ['a'.repeat(65)]: {} } }, { [`outputs.${'a'.repeat(65)}`]: name }],
    [
      'an output that is a text',
      withOutput('png'),
      { 'outputs.thumb': expect.stringMatching(/^must be an object; its keys may be operations, format, quality, /) },
    ],
    [
      'another key in an output',
      withOutput({ width: 5 }),
      { 'outputs.thumb.width': expect.stringMatching(/^is not known here; allowed are operations, format, quality, /) },
    ],
    [
      'operations that are an object',
      withOutput({ operations: { negate: {} } }),
      { 'outputs.thumb.operations': operations },
    ],
    ['operations that are null', withOutput({ operations: null }), { 'outputs.thumb.operations': operations }],
    ['21 operations', withOutput({ operations: times(21, { flip: {} }) }), { 'outputs.thumb.operations': operations }],
    ['an unknown format', withOutput({ format: 'bmp' }), { 'outputs.thumb.format': formats }],
    ['a format that is null', withOutput({ format: null }), { 'outputs.thumb.format': formats }],
    ['an operation that is a text', withOperation('negate'), { [place]: oneKey }],
    ['an operation without a name', withOperation({}), { [place]: oneKey }],
    ['two operations in one', withOperation({ flip: {}, flop: {} }), { [place]: oneKey }],
    [
      'an unknown operation',
      withOperation({ sparkle: {} }),
      { [`${place}.sparkle`]: `is not an operation; allowed are ${operationNames.join(', ')}` },
    ],
    [
      'parameters that are no object',
      withOperation({ resize: 200 }),
      { [`${place}.resize`]: 'must be an object of parameters' },
    ],
    [
      'parameters that are null',
      withOperation({ flip: null }),
      { [`${place}.flip`]: 'must be an object of parameters' },
    ],
    [
      'an unknown parameter',
      withOperation({ blur: { radius: 5 } }),
      { [`${place}.blur.radius`]: 'is not known here; allowed are sigma' },
    ],
    [
      'a parameter for an operation without any',
      withOperation({ flip: { by: 1 } }),
      { [`${place}.flip.by`]: 'is not known here; none is allowed' },
    ],
    ['a width of 0', withOperation({ resize: { width: 0 } }), { [`${place}.resize.width`]: width }],
    ['a width that is a text', withOperation({ resize: { width: '200' } }), { [`${place}.resize.width`]: width }],
    ['a width that is null', withOperation({ resize: { width: null } }), { [`${place}.resize.width`]: width }],
    [
      'a missing parameter',
      withOperation({ rotate: {} }),
      { [`${place}.rotate.angle`]: 'must be a number from -360 to 360' },
    ],
    [
      'a resize to no size',
      withOperation({ resize: { fit: 'cover' } }),
      { [`${place}.resize`]: 'must have a width, a height, or both' },
    ],
    [
      'a resize that may change nothing',
      withOperation({ resize: { width: 9, withoutEnlargement: true, withoutReduction: true } }),
      { [`${place}.resize`]: 'cannot have both withoutEnlargement and withoutReduction' },
    ],
    [
      'a lower above the upper',
      withOperation({ normalise: { lower: 60, upper: 40 } }),
      { [`${place}.normalise`]: 'must have a lower below its upper' },
    ],
    [
      'a lower above the usual upper',
      withOperation({ normalise: { lower: 99 } }),
      { [`${place}.normalise`]: 'must have a lower below its upper' },
    ],
    [
      'a linear without numbers',
      withOperation({ linear: {} }),
      { [`${place}.linear`]: 'must have an a, a b, or both' },
    ],
    [
      'a watermark of nothing',
      withOperation({ composite: { gravity: 'south' } }),
      { [`${place}.composite`]: 'must have either a text or an image' },
    ],
    [
      'a watermark of a text and of an image',
      withOperation({ composite: { text: 'Hi', image: 'logo' } }),
      { [`${place}.composite`]: 'must have either a text or an image' },
    ],
    [
      'a colour for an image',
      withOperation({ composite: { image: 'logo', colour: '#fff' } }),
      { [`${place}.composite`]: 'must have no colour with an image; it is for a text' },
    ],
    [
      'lists of two lengths',
      withOperation({ linear: { a: [1, 2], b: [1] } }),
      { [`${place}.linear`]: 'must have an a and a b of one length' },
    ],
  ];

  it.each(refused)('%s', (_what, recipe, errors) => {
    expect(errorsOf(recipe)).toEqual(errors);
  });

  it('all errors at once, and all of them in the detail', () => {
    const recipe = { outputs: { a: { format: 'bmp' }, b: { operations: [{ rotate: {} }, { blur: { sigma: 'x' } }] } } };
    expect(Object.keys(errorsOf(recipe))).toEqual([
      'outputs.a.format',
      'outputs.b.operations[0].rotate.angle',
      'outputs.b.operations[1].blur.sigma',
    ]);
    expect(() => parseRecipe(recipe)).toThrow(
      'outputs.a.format: must be one of same, jpeg, png, webp, avif, gif, tiff; outputs.b.operations[0].rotate.angle: must',
    );
  });
});

describe('a hostile recipe', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('gets nowhere with the name %s', (name) => {
    const json = (text: string): unknown => JSON.parse(text.replaceAll('NAME', name)) as unknown;
    expect(errorsOf(json('{"outputs":{"a":{}},"NAME":{}}'))).toHaveProperty([name]);
    expect(errorsOf(json('{"outputs":{"a":{"NAME":{}}}}'))).toHaveProperty([`outputs.a.${name}`]);
    expect(errorsOf(json('{"outputs":{"a":{"format":"NAME"}}}'))).toHaveProperty(['outputs.a.format']);
    expect(errorsOf(json('{"outputs":{"a":{"operations":[{"NAME":{}}]}}}'))).toHaveProperty([
      `outputs.a.operations[0].${name}`,
    ]);
    expect(errorsOf(json('{"outputs":{"a":{"operations":[{"flip":{"NAME":1}}]}}}'))).toHaveProperty([
      `outputs.a.operations[0].flip.${name}`,
    ]);
    expect(errorsOf(json('{"outputs":{"a":{"operations":[{"resize":{"width":1,"fit":"NAME"}}]}}}'))).toHaveProperty([
      'outputs.a.operations[0].resize.fit',
    ]);
  });

  it.each(['constructor', 'prototype'])('has no output called %s, which would be lost on its way to db', (name) => {
    expect(() => parseRecipe({ outputs: { [name]: {} } })).toThrow(`outputs.${name}: a name must`);
  });

  it('cannot set a prototype through the name of an output', () => {
    expect(errorsOf(JSON.parse('{"outputs":{"__proto__":{"format":"png"}}}'))).toHaveProperty(['outputs.__proto__']);
  });

  it('gets a short answer, however long it is', () => {
    const long = 'x'.repeat(100_000);
    const many = named(20_000);
    for (const recipe of [
      { outputs: { a: {} }, ...many },
      { outputs: many },
      { outputs: { a: {} }, [long]: 1 },
      { outputs: { [long]: {} } },
      withOutput({ format: long }),
      withOutput({ operations: times(20_000, { resize: many }) }),
      withOutput({ operations: times(20, { resize: many }) }),
      withOutput({ operations: [{ [long]: {} }] }),
      withOutput({ operations: [{ resize: { [long]: 1 } }] }),
      withOutput({ operations: [{ composite: { text: long } }] }),
      withOutput({ operations: [{ recomb: { matrix: times(20_000, [1]) } }] }),
    ]) {
      const size = JSON.stringify(errorsOf(recipe)).length;
      expect(size).toBeLessThan(10_000);
    }
  });

  it('may be nested as deeply as JSON can be', () => {
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as unknown;
    expect(errorsOf(withOperation({ linear: { a: deep } }))).toHaveProperty([`${place}.linear.a`]);
    expect(errorsOf(withOperation(deep))).toHaveProperty([place]);
  });
});
