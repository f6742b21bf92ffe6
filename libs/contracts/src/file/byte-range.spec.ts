import { describe, expect, it } from 'vitest';
import { formatRange, parseRange, resolveRange } from './byte-range.js';

describe('parseRange', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=5-9', { start: 5, end: 9 }],
    ['bytes=5-', { start: 5 }],
    ['bytes=-5', { suffix: 5 }],
    [' bytes=5-9 ', { start: 5, end: 9 }],
  ])('reads %s, and formatRange writes it', (header, range) => {
    expect(parseRange(header)).toEqual(range);
    expect(formatRange(range)).toBe(header.trim());
  });

  it.each([undefined, '', 'bytes', 'bytes=', 'bytes=-', 'bytes=9-5', 'bytes=1-2,4-5', 'lines=1-2', 'bytes=a-b'])(
    'ignores %s',
    (header) => {
      expect(parseRange(header)).toBeUndefined();
    },
  );
});

describe('resolveRange', () => {
  it.each([
    [
      { start: 0, end: 0 },
      { start: 0, end: 0 },
    ],
    [{ start: 3 }, { start: 3, end: 9 }],
    [
      { start: 3, end: 99 },
      { start: 3, end: 9 },
    ],
    [{ suffix: 3 }, { start: 7, end: 9 }],
    [{ suffix: 99 }, { start: 0, end: 9 }],
  ])('finds %j in ten bytes', (requested, range) => {
    expect(resolveRange(requested, 10)).toEqual(range);
  });

  it.each([
    [{ start: 10 }, 10],
    [{ start: 10, end: 12 }, 10],
    [{ suffix: 0 }, 10],
    [{ start: 0 }, 0],
    [{ suffix: 1 }, 0],
  ])('finds nothing of %j in %i bytes', (requested, size) => {
    expect(() => resolveRange(requested, size)).toThrow(
      expect.objectContaining({ code: 'range-not-satisfiable', extras: { size } }),
    );
  });
});
