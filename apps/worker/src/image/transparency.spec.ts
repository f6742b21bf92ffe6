import type { Operation } from '#contracts';
import { describe, expect, it } from 'vitest';
import { formatOf } from './image-format.js';
import { mayBeTransparent, onBackground } from './transparency.js';

const watermark: Operation = { composite: { text: 'Hi' } };

describe('a picture may be transparent', () => {
  const cases: [what: string, hasAlpha: boolean, operations: Operation[], expected: boolean][] = [
    ['as its source is', true, [{ flip: {} }], true],
    ['not when its source is not', false, [{ flip: {} }, { negate: { alpha: true } }, { linear: { a: 2 } }], false],
    ['not after flatten', true, [{ flip: {} }, { flatten: {} }, { negate: {} }], false],
    ['after a clear margin', false, [{ extend: { top: 1, background: '#fff8' } }, { flip: {} }], true],
    ['not after an opaque margin', false, [{ extend: { top: 1, background: '#fff' } }], false],
    ['after a clear corner', false, [{ rotate: { angle: 3, background: 'transparent' } }], true],
    ['after a clear bar', false, [{ resize: { width: 9, fit: 'contain', background: '#11223344' } }], true],
    ['not for the colour that trim looks for', false, [{ trim: { background: 'transparent' } }], false],
    ['not after a watermark', false, [watermark, { flip: {} }], false],
    ['after a watermark whose opacity is changed', false, [watermark, { negate: { alpha: true } }], true],
  ];

  it.each(cases)('%s', (_what, hasAlpha, operations, expected) => {
    expect(mayBeTransparent(operations, hasAlpha)).toBe(expected);
  });
});

it('only a format without transparency lays pictures on a background, and only those that may need it', () => {
  const jpeg = formatOf({ operations: [], format: 'jpeg' }, {} as never);
  const png = formatOf({ operations: [], format: 'png' }, {} as never);
  const output = { operations: [{ flip: {} }], format: 'same', background: '#123456' } as const;
  const laid = [{ flip: {} }, { flatten: { background: '#123456' } }];
  expect(onBackground({ ...output, operations: [{ flip: {} }] }, jpeg, true)).toEqual(laid);
  expect(onBackground({ ...output, operations: [{ flip: {} }] }, jpeg, false)).toEqual([{ flip: {} }]);
  expect(onBackground({ ...output, operations: [{ flip: {} }] }, png, true)).toEqual([{ flip: {} }]);
});
