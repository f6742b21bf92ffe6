import { leaseNext, newTask } from '#suites/task-store.fixtures';
import { suitePolicy } from '#suites/task-store.harness';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AdjustableClock } from '../../test/adjustable-clock.js';
import { Standstill } from '../standstill.js';
import { SqliteTaskStore } from './sqlite-task-store.js';

const { leaseMs } = suitePolicy;

/** A store with one task that is leased. */
async function withLease() {
  const time = { ms: 0 };
  const clock = new AdjustableClock();
  const store = new SqliteTaskStore(null, suitePolicy, clock, undefined, new Standstill(() => time.ms));
  onTestFinished(() => {
    store.stop();
    store.close();
  });
  // What a start has to make up for is no matter here.
  await store.reclaim();
  const { id } = (await store.create(newTask())).task;
  const { token } = await leaseNext(store);
  return {
    store,
    clock,
    id,
    token,
    standStill: (ms: number): void => {
      clock.advance(ms);
      time.ms += ms;
    },
  };
}

describe('A lease, when the store stands still', () => {
  it('does not run meanwhile: what was left of it is left afterwards', async () => {
    const { store, clock, standStill } = await withLease();
    clock.advance(leaseMs - 10);
    standStill(10 * leaseMs + 2_000);

    expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    clock.advance(9);
    expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    clock.advance(1);
    expect(await store.reclaim()).toEqual({ reclaimed: 1 });
  });

  it('has no more than its full length when it was renewed just before', async () => {
    const { store, clock, id, token, standStill } = await withLease();
    standStill(leaseMs + 2_000);
    await store.renew(id, token);

    expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    clock.advance(leaseMs);
    expect(await store.reclaim()).toEqual({ reclaimed: 1 });
  });

  it('comes to its end also when the store stands still again and again', async () => {
    const { store, clock, standStill } = await withLease();
    let reclaimed = 0;
    for (let time = 0; time < 4; time++) {
      clock.advance(leaseMs / 4);
      standStill(leaseMs + 2_000);
      reclaimed += (await store.reclaim()).reclaimed;
      expect(reclaimed).toBe(time < 3 ? 0 : 1);
    }
  });

  it('is lost as ever when it was made under a clock that was set back', async () => {
    const { store, clock, standStill } = await withLease();
    clock.advance(-3_600_000);
    standStill(2_000);

    expect(await store.reclaim()).toEqual({ reclaimed: 1 });
  });
});
