import type { QueueStats, TaskStore } from '#contracts';
import { describe, expect, it } from 'vitest';
import { leaseNext, newTask, outputsOf, permanent, transient } from './task-store.fixtures.js';
import { suitePolicy, type OpenedStore, type OpenForTest } from './task-store.harness.js';

const empty: QueueStats = {
  queued: 0,
  delayed: 0,
  running: 0,
  backlog: 0,
  finished: 0,
  failed: 0,
  cancelled: 0,
  oldestQueuedAgeSeconds: 0,
};

/** `stats`: the queue in numbers. */
export function statistics(opened: OpenForTest<OpenedStore<TaskStore>>): void {
  describe('stats', () => {
    it('are all zero for an empty store', async () => {
      const { store } = await opened();

      expect(await store.stats()).toEqual(empty);
    });

    it('follow a task through every state', async () => {
      const { store, advance } = await opened();
      const { id } = (await store.create(newTask())).task;
      expect(await store.stats()).toEqual({ ...empty, queued: 1, backlog: 1 });

      const { token } = await leaseNext(store);
      expect(await store.stats()).toEqual({ ...empty, running: 1, backlog: 1 });

      await store.fail(id, token, transient);
      expect(await store.stats()).toEqual({ ...empty, delayed: 1, backlog: 1 });

      advance(suitePolicy.longestBackoffMs);
      expect(await store.stats()).toMatchObject({ queued: 1, delayed: 0, backlog: 1 });

      await store.fail(id, (await leaseNext(store)).token, permanent);
      expect(await store.stats()).toEqual({ ...empty, failed: 1 });

      await store.retry(id);
      expect(await store.stats()).toEqual({ ...empty, queued: 1, backlog: 1 });

      await store.cancel(id);
      expect(await store.stats()).toEqual({ ...empty, cancelled: 1 });

      await store.retry(id);
      const { token: last, lease } = await leaseNext(store);
      await store.finish(id, last, outputsOf(lease.task));
      expect(await store.stats()).toEqual({ ...empty, finished: 1 });

      await store.delete(id);
      expect(await store.stats()).toEqual(empty);
    });

    it('add up over many tasks', async () => {
      const { store } = await opened();
      for (let count = 0; count < 6; count++) await store.create(newTask());
      await leaseNext(store);
      const failing = await leaseNext(store);
      await store.fail(failing.lease.task.id, failing.token, transient);
      const finishing = await leaseNext(store);
      await store.finish(finishing.lease.task.id, finishing.token, outputsOf(finishing.lease.task));

      expect(await store.stats()).toEqual({ ...empty, queued: 3, delayed: 1, running: 1, backlog: 5, finished: 1 });
    });

    it('tell how long the oldest task has been waiting for a worker', async () => {
      const { store, advance } = await opened();
      await store.create(newTask());
      advance(2500);
      await store.create(newTask());
      advance(1000);
      expect((await store.stats()).oldestQueuedAgeSeconds).toBe(3.5);

      const { token, lease } = await leaseNext(store);
      expect((await store.stats()).oldestQueuedAgeSeconds).toBe(1);

      await store.release(lease.task.id, token);
      expect((await store.stats()).oldestQueuedAgeSeconds).toBe(3.5);
    });

    it('count the wait of a task that failed from the end of its backoff', async () => {
      const { store, now, advance } = await opened();
      const { id } = (await store.create(newTask())).task;
      await store.fail(id, (await leaseNext(store)).token, transient);
      const backoff = Date.parse((await store.get(id)).availableAt!) - now();
      advance(backoff - 1);
      expect(await store.stats()).toMatchObject({ delayed: 1, oldestQueuedAgeSeconds: 0 });
      advance(1);
      expect(await store.stats()).toMatchObject({ queued: 1, oldestQueuedAgeSeconds: 0 });
      advance(4000);

      expect((await store.stats()).oldestQueuedAgeSeconds).toBe(4);
    });

    it('tell no negative age when the clock goes back', async () => {
      const { store, advance } = await opened();
      await store.create(newTask());
      advance(-60_000);

      expect((await store.stats()).oldestQueuedAgeSeconds).toBe(0);
    });
  });
}
