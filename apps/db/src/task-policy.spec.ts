import { describe, expect, it } from 'vitest';
import { backoffMs, defaultPolicy } from './task-policy.js';

const policy = { ...defaultPolicy, firstBackoffMs: 1_000, longestBackoffMs: 10_000 };

describe('backoffMs', () => {
  it('doubles with every setback, up to the longest', () => {
    expect([1, 2, 3, 4, 5, 6, 100].map((setbacks) => backoffMs(policy, setbacks, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000,
    ]);
  });

  it('is in its upper half at random', () => {
    expect([0, 0.5, 1].map((random) => backoffMs(policy, 2, random))).toEqual([1_000, 1_500, 2_000]);
  });
});
