import { describe, expect, it } from 'vitest';
import { leaseNext, newTask, outputsOf, request, transient } from './task-store.fixtures.js';
import { suitePolicy, type OpenedLeaseStore, type OpenForTest } from './task-store.harness.js';

const anHourMs = 3_600_000;

/** A jump of the clock may delay or repeat work, never lose it. */
export function clockJumps(opened: OpenForTest<OpenedLeaseStore>): void {
  describe('when the clock jumps', () => {
    it('counts a lease that seems longer than the longest as past', async () => {
      const { store, tasks, advance } = await opened();
      const { task } = await tasks.create(newTask());
      await leaseNext(store);
      advance(-anHourMs);

      expect(await store.reclaim()).toEqual({ reclaimed: 1 });

      expect(await tasks.get(task.id)).toMatchObject({ state: 'queued', lostLeases: 1 });
    });

    it('keeps a fresh lease that lasts as long as the longest', async () => {
      const { store, tasks } = await opened();
      await tasks.create(newTask());
      await leaseNext(store);

      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    });

    it('counts a backoff that seems longer than the longest as past', async () => {
      const { store, tasks, advance } = await opened();
      const { task } = await tasks.create(newTask());
      const { token } = await leaseNext(store);
      await store.fail(task.id, token, transient);
      advance(-anHourMs);

      expect(await tasks.stats()).toMatchObject({ queued: 1, delayed: 0 });
      expect((await leaseNext(store)).lease.task.id).toBe(task.id);
    });

    it('keeps a backoff as long as the longest', async () => {
      const { store, tasks, advance } = await opened({ firstBackoffMs: suitePolicy.longestBackoffMs });
      const { task } = await tasks.create(newTask());
      const { token } = await leaseNext(store);
      await store.fail(task.id, token, transient);
      const availableAt = Date.parse((await tasks.get(task.id)).availableAt!);
      advance(availableAt - suitePolicy.longestBackoffMs - Date.parse(task.createdAt));

      expect(await store.next(request())).toBeNull();
    });

    it('leases a new task at once, however far back the clock went', async () => {
      const { store, tasks, advance } = await opened();
      const { task } = await tasks.create(newTask());
      advance(-anHourMs);

      expect((await leaseNext(store)).lease.task.id).toBe(task.id);
    });

    it('lets the worker finish after a jump forwards that nobody used to reclaim', async () => {
      const { store, tasks, advance } = await opened();
      const { task } = await tasks.create(newTask());
      const { token } = await leaseNext(store);
      advance(1000 * anHourMs);

      await store.finish(task.id, token, outputsOf({ id: task.id, leaseNumber: 1 }));

      expect((await tasks.get(task.id)).state).toBe('finished');
    });
  });
}
