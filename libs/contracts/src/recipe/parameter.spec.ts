import { describe, expect, it } from 'vitest';
import { Problem } from '../problem/problem.js';
import { operationNames, operationParameters, type OperationName } from './operation.js';
import { parseRecipe } from './parse-recipe.js';
import { parameterRules } from './parameters/parameter.js';

/** Whether a parameter may have a value; with the operation's other parameters as they must be. */
function allows(operation: OperationName, name: string, value: unknown, others: object = {}): boolean {
  try {
    parseRecipe({ outputs: { a: { operations: [{ [operation]: { ...others, [name]: value } }] } } });
    return true;
  } catch (error) {
    if (!Problem.is(error)) throw error;
    expect(error.extras.errors!.map(({ field }) => field)).toEqual([`outputs.a.operations[0].${operation}.${name}`]);
    return false;
  }
}

describe('a parameter', () => {
  const cases: [string, OperationName, string, unknown[], unknown[], object?][] = [
    ['whole number', 'resize', 'width', [1, 16_384, 200], [0, 16_385, 1.5, -1, '1', true, null, [1], {}]],
    ['number', 'blur', 'sigma', [0.3, 200, 1, 1.5], [0.29, 200.1, '1', false, null, [1], {}]],
    ['choice', 'resize', 'fit', ['cover', 'outside'], ['Cover', '', 1, null, ['cover'], 'toString'], { width: 1 }],
    ['flag', 'negate', 'alpha', [true, false], [0, 1, 'true', null, [], {}]],
    [
      'colour',
      'tint',
      'tint',
      ['#fff', '#FFFF', '#a1b2c3', '#a1b2c3d4', 'black', 'White', 'transparent'],
      ['fff', '#ff', '#fffff', '#ggg', 'red', '', 'rgb(1,2,3)', '#fff\n', 0, null, { r: 1 }, ['#fff']],
    ],
    [
      'number per channel',
      'linear',
      'a',
      [1, [1], [1, 2, 3, 4], -100],
      [[], [1, 2, 3, 4, 5], [1, '2'], '1', [[1]], 101],
    ],
    [
      'text',
      'composite',
      'text',
      ['a', ' a ', '<b>&', '© Ωμέγα Жук हिन्दी 7 €', 'x'.repeat(200)],
      ['', ' ', 'x'.repeat(201), 'a\nb', 'a\0', '\uD800', '\uFFFF', '日本', 7, null, ['a']],
    ],
    [
      'picture',
      'composite',
      'image',
      ['logo', 'logo-2', 'a', `pictures/${'0a'.repeat(32)}`],
      ['', 'Logo', 'logo.png', '../logo', '-a', 'pictures/', `pictures/${'0A'.repeat(32)}`, 7, null, ['logo'], {}],
    ],
    [
      'matrix',
      'recomb',
      'matrix',
      [
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        [
          [1, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 1, 0],
          [0, 0, 0, -10],
        ],
      ],
      [
        [],
        [[1]],
        [1, 2, 3],
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0],
        ],
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, '1'],
        ],
        [
          [11, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        null,
      ],
    ],
  ];

  it.each(cases)('that is a %s', (_kind, operation, name, right, wrong, others) => {
    for (const value of right) expect(allows(operation, name, value, others), JSON.stringify(value)).toBe(true);
    for (const value of wrong) expect(allows(operation, name, value, others), JSON.stringify(value)).toBe(false);
  });

  it.each(operationNames)('of %s has a rule that reads on after its name', (name) => {
    for (const { rule } of parameterRules(operationParameters[name])) expect(rule).toMatch(/^must be \w/);
  });

  it('is known by its class alone', () => {
    expect(parameterRules(operationParameters.extract)).toEqual([
      { name: 'left', rule: 'must be a whole number from 0 to 16384', required: true },
      { name: 'top', rule: 'must be a whole number from 0 to 16384', required: true },
      { name: 'width', rule: 'must be a whole number from 1 to 16384', required: true },
      { name: 'height', rule: 'must be a whole number from 1 to 16384', required: true },
    ]);
    expect(parameterRules(operationParameters.flip)).toEqual([]);
  });
});
