import { describe, expect, it } from 'vitest';
import { preferredWait } from './preferred-wait.js';

describe('preferredWait', () => {
  it.each([
    ['wait=10', 10],
    ['wait="10"', 10],
    ['WAIT = 10', 10],
    ['respond-async, wait=10', 10],
    ['wait=10, respond-async', 10],
    ['respond-async; wait=10; handling=lenient', 10],
    ['wait=0', 0],
    ['wait=30', 30],
  ])('reads %j as %i seconds', (prefer, seconds) => {
    expect(preferredWait(prefer)).toBe(seconds);
  });

  it.each(['wait=31', 'wait=999999999'])('waits for %j no longer than the longest long poll', (prefer) => {
    expect(preferredWait(prefer)).toBe(30);
  });

  it.each([
    undefined,
    '',
    'wait',
    'wait=',
    'wait=-1',
    'wait=1.5',
    'wait=soon',
    'await=10',
    'wait=10s',
    'return=minimal',
  ])('takes %j for no wait', (prefer) => {
    expect(preferredWait(prefer)).toBe(0);
  });
});
