import { operationEntry, operationNames, type Operation, type OperationName } from '#contracts';
import { describe, expect, it } from 'vitest';
import { examples } from '../../test/examples.js';
import { passesOf } from './passes.js';

const operation = (name: OperationName): Operation => ({ [name]: examples[name] }) as unknown as Operation;

/** The passes of a list of operations, as their names. */
function passes(names: OperationName[], plain?: boolean): OperationName[][] {
  return passesOf(names.map(operation), plain).map((pass) => pass.map((one) => operationEntry(one)[0]));
}

describe('the passes of', () => {
  const cases: [string, OperationName[], OperationName[][]][] = [
    ['no operations are one, which only changes the format', [], [[]]],
    ['one operation are one', ['negate'], [['negate']]],
    [
      'operations in the order of sharp are one',
      ['flatten', 'flop', 'modulate', 'negate'],
      [['flatten', 'flop', 'modulate', 'negate']],
    ],
    ['operations against it are several', ['negate', 'tint', 'flop'], [['negate'], ['tint'], ['flop']]],
    ['two of one kind are two', ['resize', 'resize'], [['resize'], ['resize']]],
    ['two geometric operations are two', ['extract', 'extend'], [['extract'], ['extend']]],
    ['a resize and its gamma are one', ['resize', 'gamma'], [['resize', 'gamma']]],
    ['a resize, and what it would premultiply, are two', ['resize', 'modulate'], [['resize'], ['modulate']]],
    ['grey, and what adds colours, are two', ['grayscale', 'tint'], [['grayscale'], ['tint']]],
    ['a watermark begin with it', ['flop', 'composite', 'negate'], [['flop'], ['composite', 'negate']]],
    [
      'what is done in parts begin with it, and end with it',
      ['flop', 'clahe', 'negate'],
      [['flop'], ['clahe'], ['negate']],
    ],
    ['fractions end with a rounding one', ['recomb'], [['recomb'], []]],
    ['fractions in the middle are rounded by the next', ['blur', 'negate'], [['blur'], ['negate']]],
  ];

  it.each(cases)('%s', (_what, names, expected) => {
    expect(passes(names)).toEqual(expected);
  });

  it('a picture that is not plain begin with making it so, where an operation wants that', () => {
    expect(passes(['trim', 'flop'], false)).toEqual([[], ['trim'], ['flop']]);
    expect(passes(['flop', 'trim'], false)).toEqual([['flop'], ['trim']]);
    expect(passes(['flop'], false)).toEqual([['flop']]);
  });

  it('any operations have all of them, in their order', () => {
    for (const first of operationNames) {
      for (const second of operationNames) expect(passes([first, second]).flat()).toEqual([first, second]);
    }
  });
});
