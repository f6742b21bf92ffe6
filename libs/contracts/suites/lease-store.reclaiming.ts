import { describe, expect, it } from 'vitest';
import { leaseNext, newTask, outputsOf, problem, request, transient } from './task-store.fixtures.js';
import { suitePolicy, type OpenedLeaseStore, type OpenForTest } from './task-store.harness.js';

/** `reclaim`, and what the record of attempts says of all that can become of a lease. */
export function reclaiming(opened: OpenForTest<OpenedLeaseStore>): void {
  describe('reclaim', () => {
    it('takes back an expired lease, and only that', async () => {
      const { store, tasks, now, advance } = await opened();
      const { task } = await tasks.create(newTask());
      await leaseNext(store);
      advance(1);
      const { task: other } = await tasks.create(newTask());
      await leaseNext(store, 'worker-2');
      advance(suitePolicy.leaseMs - 1);

      expect(await store.reclaim()).toEqual({ reclaimed: 1 });

      const lost = await tasks.get(task.id);
      expect(lost).toMatchObject({ state: 'queued', lostLeases: 1, failures: 0, leaseNumber: 1, error: null });
      const backoff = Date.parse(lost.availableAt!) - now();
      expect(backoff).toBeGreaterThanOrEqual(suitePolicy.firstBackoffMs / 2);
      expect(backoff).toBeLessThanOrEqual(suitePolicy.firstBackoffMs);
      expect(await store.next(request())).toBeNull();
      advance(backoff);
      expect((await leaseNext(store)).lease.task).toMatchObject({ id: task.id, leaseNumber: 2 });
      expect((await tasks.get(other.id)).state).toBe('running');
    });

    it('leaves a lease alone until the last millisecond', async () => {
      const { store, tasks, advance } = await opened();
      await tasks.create(newTask());
      await leaseNext(store);

      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
      advance(suitePolicy.leaseMs - 1);
      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
      advance(1);
      expect(await store.reclaim()).toEqual({ reclaimed: 1 });
    });

    it('is idempotent', async () => {
      const { store, tasks, advance } = await opened();
      const { task } = await tasks.create(newTask());
      await leaseNext(store);
      advance(suitePolicy.leaseMs);
      await store.reclaim();
      const lost = await tasks.get(task.id);

      expect(await store.reclaim()).toEqual({ reclaimed: 0 });

      expect(await tasks.get(task.id)).toEqual(lost);
    });

    it('is safe from many places at once: each lease is taken back once', async () => {
      const { store, tasks, advance } = await opened();
      for (let count = 0; count < 10; count++) {
        await tasks.create(newTask());
        await leaseNext(store);
      }
      advance(suitePolicy.leaseMs);

      const answers = await Promise.all(Array.from({ length: 5 }, () => store.reclaim()));

      expect(answers.reduce((sum, { reclaimed }) => sum + reclaimed, 0)).toBe(10);
      const { tasks: all } = await tasks.list();
      expect(all.map(({ lostLeases }) => lostLeases)).toEqual(Array.from({ length: 10 }, () => 1));
    });

    it('fails a task for good at the limit of lost leases', async () => {
      const { store, tasks, now, advance } = await opened({ lostLeaseLimit: 3 });
      const { task } = await tasks.create(newTask());
      const states: string[] = [];
      for (let lost = 0; lost < 3; lost++) {
        await leaseNext(store);
        advance(suitePolicy.leaseMs);
        await store.reclaim();
        states.push((await tasks.get(task.id)).state);
        advance(suitePolicy.longestBackoffMs);
      }

      expect(states).toEqual(['queued', 'queued', 'failed']);
      expect(await tasks.get(task.id)).toMatchObject({
        state: 'failed',
        lostLeases: 3,
        failures: 0,
        availableAt: null,
        error: { code: 'lease-lost-too-often' },
        finishedAt: new Date(now() - suitePolicy.longestBackoffMs).toISOString(),
      });
      expect(await store.next(request())).toBeNull();
    });

    it('says of a task that lost its leases nothing that an earlier failure said', async () => {
      const { store, tasks, advance } = await opened({ lostLeaseLimit: 1 });
      const { task } = await tasks.create(newTask());
      await store.fail(task.id, (await leaseNext(store)).token, transient);
      advance(suitePolicy.longestBackoffMs);
      await leaseNext(store);
      advance(suitePolicy.leaseMs);

      await store.reclaim();

      const detail = expect.stringContaining('lost their lease') as string;
      expect((await tasks.get(task.id)).error).toEqual({ code: 'lease-lost-too-often', detail, technical: null });
    });

    it('doubles the backoff with every lost lease', async () => {
      const { store, tasks, now, advance } = await opened();
      const { task } = await tasks.create(newTask());

      for (const longest of [1_000, 2_000, 4_000]) {
        await leaseNext(store);
        advance(suitePolicy.leaseMs);
        await store.reclaim();
        const backoff = Date.parse((await tasks.get(task.id)).availableAt!) - now();
        expect(backoff).toBeGreaterThanOrEqual(longest / 2);
        expect(backoff).toBeLessThanOrEqual(longest);
        advance(backoff);
      }
    });

    it('makes the worker’s next call say that the lease is lost', async () => {
      const { store, tasks, advance } = await opened();
      const { task } = await tasks.create(newTask());
      const { token } = await leaseNext(store);
      advance(suitePolicy.leaseMs);
      await store.reclaim();

      await expect(store.renew(task.id, token)).rejects.toEqual(problem('lease-lost'));
    });
  });

  describe('the record of attempts', () => {
    it('keeps every lease: who, from when to when, and how it ended', async () => {
      const { store, tasks, now, advance } = await opened();
      const { task } = await tasks.create(newTask());
      const began: string[] = [];
      const take = async (worker: string): Promise<string> => {
        advance(suitePolicy.longestBackoffMs);
        began.push(new Date(now()).toISOString());
        const { token } = await leaseNext(store, worker);
        advance(1000);
        return token;
      };
      const ended = (place: number): string => new Date(Date.parse(began[place]!) + 1000).toISOString();

      await store.release(task.id, await take('drained'));
      await store.fail(task.id, await take('unlucky'), transient);
      await take('killed');
      advance(suitePolicy.leaseMs - 1000);
      await store.reclaim();
      await take('cancelled');
      await tasks.cancel(task.id);
      await tasks.retry(task.id);
      await store.fail(task.id, await take('honest'), { ...transient, permanent: true });
      await tasks.retry(task.id);
      const last = await take('good');

      const lostAt = new Date(Date.parse(began[2]!) + suitePolicy.leaseMs).toISOString();
      const code = transient.code;
      const expected = [
        { worker: 'drained', endedAt: ended(0), outcome: 'released', errorCode: null },
        { worker: 'unlucky', endedAt: ended(1), outcome: 'retryable', errorCode: code },
        { worker: 'killed', endedAt: lostAt, outcome: 'lease-lost', errorCode: null },
        { worker: 'cancelled', endedAt: ended(3), outcome: 'cancelled', errorCode: null },
        { worker: 'honest', endedAt: ended(4), outcome: 'failed', errorCode: code },
        { worker: 'good', endedAt: null, outcome: null, errorCode: null },
      ].map((attempt, place) => ({ ...attempt, leaseNumber: place + 1, beganAt: began[place] }));
      expect(await tasks.attempts(task.id)).toEqual(expected);

      await store.finish(task.id, last, outputsOf({ id: task.id, leaseNumber: 6 }));
      expect((await tasks.attempts(task.id)).at(-1)).toMatchObject({ endedAt: ended(5), outcome: 'finished' });
    });

    it('is empty before the first lease, and not there for a task that is not', async () => {
      const { tasks } = await opened();
      const { task } = await tasks.create(newTask());

      expect(await tasks.attempts(task.id)).toEqual([]);
      await expect(tasks.attempts(newTask().id)).rejects.toEqual(problem('task-not-found'));
    });
  });
}
