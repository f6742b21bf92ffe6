import { Problem } from '#contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseDesk, runningTask, unavailable } from '../../test/lease-desk.js';
import { LeaseKeeper, LeaseLost } from './lease-keeper.js';

describe('LeaseKeeper', () => {
  let desk: LeaseDesk;
  let id: string;
  let keeper: LeaseKeeper;

  beforeEach(() => {
    vi.useFakeTimers();
    desk = new LeaseDesk();
    const { lease, token } = desk.lease(runningTask());
    id = lease.task.id;
    keeper = new LeaseKeeper(desk, id, token);
  });

  afterEach(() => {
    keeper.stop();
    vi.useRealTimers();
  });

  /** Lets time pass. @returns how many renewals came so far */
  async function renewalsAfter(ms: number): Promise<number> {
    await vi.advanceTimersByTimeAsync(ms);
    return desk.calls.length;
  }

  it('renews whenever a third of the lease has passed', async () => {
    keeper.start(30_000);

    expect(await renewalsAfter(9_999)).toBe(0);
    expect(await renewalsAfter(1)).toBe(1);
    expect(await renewalsAfter(9_999)).toBe(1);
    expect(await renewalsAfter(1)).toBe(2);
    expect(await renewalsAfter(100_000)).toBe(12);
    expect(keeper.lost.aborted).toBe(false);
  });

  it('goes by what the store says is left of the lease', async () => {
    desk.leaseMs = 3_000;
    keeper.start(6_000);

    expect(await renewalsAfter(2_000)).toBe(1);
    expect(await renewalsAfter(1_000)).toBe(2);
    expect(await renewalsAfter(1_000)).toBe(3);
  });

  it('begins once, also when started twice', async () => {
    keeper.start(30_000);
    keeper.start(30_000);

    expect(await renewalsAfter(10_000)).toBe(1);
  });

  it('tells the stage with the next renewal', async () => {
    keeper.start(30_000);
    await renewalsAfter(10_000);
    keeper.enter('downloading');
    keeper.enter('processing');
    expect(desk.stages).toEqual([]);

    await renewalsAfter(10_000);
    await renewalsAfter(10_000);

    expect(desk.stages).toEqual(['processing', 'processing']);
  });

  describe('while master cannot be reached', () => {
    it('goes on trying, soon and then ever less often, and does not judge by its own clock', async () => {
      desk.away = true;
      keeper.start(30_000);

      expect(await renewalsAfter(10_000)).toBe(1);
      expect(await renewalsAfter(100)).toBe(2);
      expect(await renewalsAfter(199)).toBe(2);
      expect(await renewalsAfter(1)).toBe(3);
      // Nine tries before the lease is over, and then one in a sixth of it.
      expect(await renewalsAfter(19_700)).toBe(9);
      expect(await renewalsAfter(600_000)).toBe(9 + 600 / 5);
      expect(keeper.lost.aborted).toBe(false);
    });

    it('is as before when master is back', async () => {
      desk.away = true;
      keeper.start(30_000);
      await renewalsAfter(90_000);
      desk.away = false;
      const before = await renewalsAfter(5_000);

      expect((await renewalsAfter(30_000)) - before).toBe(3);
      expect(keeper.lost.aborted).toBe(false);
    });

    it.each([
      ['an error that nobody expected', new TypeError('a mistake')],
      ['a failure of db', new Problem('internal-error', 'Unexpected error')],
      ['an answer that the worker is not known', new Problem('unauthorized', 'no token')],
    ])('takes %s for no more than that', async (_, error) => {
      vi.spyOn(desk, 'renew').mockRejectedValueOnce(error);
      keeper.start(30_000);

      await renewalsAfter(15_000);

      expect(keeper.lost.aborted).toBe(false);
      expect(desk.calls).toEqual(['renew']);
    });
  });

  it.each(['lease-lost', 'task-not-found'] as const)('aborts at %s, and renews no more', async (code) => {
    const renew = vi.spyOn(desk, 'renew').mockRejectedValue(new Problem(code, 'settled, stop'));
    keeper.start(30_000);

    await renewalsAfter(10_000);

    expect(keeper.lost.aborted).toBe(true);
    expect(keeper.lost.reason).toBeInstanceOf(LeaseLost);
    expect((keeper.lost.reason as Error).message).toBe('settled, stop');
    await renewalsAfter(100_000);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('aborts when the lease was lost while master was away', async () => {
    desk.away = true;
    keeper.start(30_000);
    await renewalsAfter(60_000);
    desk.takeAway(id);
    desk.away = false;

    await renewalsAfter(5_000);

    expect(keeper.lost.aborted).toBe(true);
  });

  describe('stop', () => {
    it('ends the renewals, also when it comes twice or before the start', async () => {
      keeper.start(30_000);
      keeper.stop();
      keeper.stop();
      keeper.start(30_000);

      expect(await renewalsAfter(100_000)).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    });

    it.each<[string, (renewal: PromiseWithResolvers<{ expiresInMs: number }>) => void]>([
      ['succeeds', ({ resolve }) => resolve({ expiresInMs: 30_000 })],
      ['does not come through', ({ reject }) => reject(unavailable())],
      ['says that the task is settled', ({ reject }) => reject(new Problem('lease-lost', 'finished by this worker'))],
    ])('during a renewal that then %s is the end of it', async (_, end) => {
      const renewal = Promise.withResolvers<{ expiresInMs: number }>();
      const renew = vi.spyOn(desk, 'renew').mockReturnValue(renewal.promise);
      keeper.start(30_000);
      await renewalsAfter(10_000);

      keeper.stop();
      end(renewal);
      await renewalsAfter(100_000);

      expect(renew).toHaveBeenCalledTimes(1);
      expect(keeper.lost.aborted).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
