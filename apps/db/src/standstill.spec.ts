import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Standstill } from './standstill.js';

function watched() {
  const time = { ms: 1_000 };
  const standstill = new Standstill(() => time.ms);
  onTestFinished(() => standstill.stop());
  return {
    standstill,
    /** Time in which the process runs. */
    run: (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 50) {
        time.ms += 50;
        vi.advanceTimersByTime(50);
      }
    },
    /** Time in which no timer goes off. */
    standStill: (ms: number): void => void (time.ms += ms),
  };
}

describe('Standstill', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is nothing while the process runs, however long', () => {
    const { standstill, run } = watched();
    run(60_000);
    expect(standstill.ms).toBe(0);
  });

  it('is nothing for a pause of a second, which any timer may have', () => {
    const { standstill, run, standStill } = watched();
    run(10_000);
    standStill(1_000);
    expect(standstill.ms).toBe(0);
  });

  it('is known at once, before any timer has gone off, and counted once', () => {
    const { standstill, run, standStill } = watched();
    run(10_000);
    standStill(5_000);
    expect(standstill.ms).toBe(5_000);
    run(10_000);
    expect(standstill.ms).toBe(5_000);
  });

  it('adds up until it is made up for', () => {
    const { standstill, run, standStill } = watched();
    for (const ms of [2_000, 3_000]) {
      standStill(ms);
      run(1_000);
    }
    expect(standstill.ms).toBeGreaterThanOrEqual(5_000);
    expect(standstill.ms).toBeLessThan(6_000);
    standstill.madeUp();
    run(1_000);
    expect(standstill.ms).toBe(0);
  });
});
