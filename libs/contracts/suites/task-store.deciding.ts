import type { Task, TaskStore } from '#contracts';
import { describe, expect, it } from 'vitest';
import { leaseNext, newTask, outputsOf, permanent, problem, request, transient } from './task-store.fixtures.js';
import { suitePolicy, type OpenedStore, type OpenForTest } from './task-store.harness.js';

/** What a client decides of its task: `cancel` and `retry`. */
export function deciding(opened: OpenForTest<OpenedStore<TaskStore>>): void {
  /** A task, leased by a worker. */
  async function running(): Promise<OpenedStore<TaskStore> & { id: string; token: string }> {
    const harness = await opened();
    const { id } = (await harness.store.create(newTask())).task;
    const { token } = await leaseNext(harness.store);
    return { ...harness, id, token };
  }

  async function finished(): Promise<OpenedStore<TaskStore> & { id: string }> {
    const harness = await running();
    await harness.store.finish(harness.id, harness.token, outputsOf({ id: harness.id, leaseNumber: 1 }));
    return harness;
  }

  describe('cancel', () => {
    it('cancels a queued task at once, so that no worker gets it', async () => {
      const { store, now } = await opened();
      const { task } = await store.create(newTask());

      const cancelled = await store.cancel(task.id);

      expect(cancelled).toMatchObject({ state: 'cancelled', finishedAt: new Date(now()).toISOString() });
      expect(cancelled.revision).toBeGreaterThan(task.revision);
      expect(await store.get(task.id)).toEqual(cancelled);
      expect(await store.next(request())).toBeNull();
    });

    it('cancels a task that waits for the end of its backoff', async () => {
      const { store, advance, id, token } = await running();
      await store.fail(id, token, transient);

      expect(await store.cancel(id)).toMatchObject({ state: 'cancelled', availableAt: null });

      advance(suitePolicy.longestBackoffMs);
      expect(await store.next(request())).toBeNull();
    });

    it('cancels a running task at once: its worker’s next call says that the lease is lost', async () => {
      const { store, advance, id, token } = await running();
      await store.renew(id, token, 'processing');

      const cancelled = await store.cancel(id);

      expect(cancelled).toMatchObject({ state: 'cancelled', stage: null });
      await expect(store.renew(id, token)).rejects.toEqual(problem('lease-lost'));
      const outputs = outputsOf({ id, leaseNumber: 1 });
      await expect(store.finish(id, token, outputs)).rejects.toEqual(problem('lease-lost'));
      await expect(store.fail(id, token, permanent)).rejects.toEqual(problem('lease-lost'));
      await expect(store.release(id, token)).rejects.toEqual(problem('lease-lost'));
      advance(suitePolicy.leaseMs);
      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
      expect(await store.get(id)).toEqual(cancelled);
    });

    it('changes nothing when repeated', async () => {
      const { store, advance, id } = await running();
      const cancelled = await store.cancel(id);
      advance(1000);

      expect(await store.cancel(id)).toEqual(cancelled);
    });

    it('is refused for a task that is finished or has failed, and for one that is not there', async () => {
      const { store, id } = await finished();
      await expect(store.cancel(id)).rejects.toEqual(problem('wrong-state'));

      const { id: failed } = (await store.create(newTask())).task;
      await store.fail(failed, (await leaseNext(store)).token, permanent);
      await expect(store.cancel(failed)).rejects.toEqual(problem('wrong-state'));

      await expect(store.cancel(newTask().id)).rejects.toEqual(problem('task-not-found'));
    });
  });

  describe('retry', () => {
    it('queues a failed task again with a clean count of failures, but never an old lease number', async () => {
      const { store, advance, id, token } = await running();
      await store.fail(id, token, transient);
      advance(suitePolicy.longestBackoffMs);
      await leaseNext(store);
      advance(suitePolicy.leaseMs);
      await store.reclaim();
      advance(suitePolicy.longestBackoffMs);
      await store.fail(id, (await leaseNext(store)).token, permanent);
      const failed = await store.get(id);
      expect(failed).toMatchObject({ state: 'failed', failures: 2, lostLeases: 1, leaseNumber: 3 });

      const retried = await store.retry(id);

      expect(retried).toEqual({
        ...failed,
        state: 'queued',
        failures: 0,
        lostLeases: 0,
        error: null,
        finishedAt: null,
        revision: retried.revision,
      });
      expect(retried.revision).toBeGreaterThan(failed.revision);
      expect((await leaseNext(store)).lease.task).toMatchObject({ id, leaseNumber: 4 });
    });

    it('queues a cancelled task again, at once', async () => {
      const { store, id, token } = await running();
      await store.fail(id, token, transient);
      await store.cancel(id);

      expect(await store.retry(id)).toMatchObject({ state: 'queued', failures: 0, availableAt: null, error: null });

      expect((await leaseNext(store)).lease.task.id).toBe(id);
    });

    it('gives the task a new place, behind those that wait already', async () => {
      const { store, advance } = await opened();
      const { task } = await store.create(newTask());
      await store.cancel(task.id);
      advance(1000);
      const { task: waiting } = await store.create(newTask());
      advance(1000);

      await store.retry(task.id);

      expect((await leaseNext(store)).lease.task.id).toBe(waiting.id);
    });

    it('does not bring the old lease back to life', async () => {
      const { store, id, token } = await running();
      await store.cancel(id);
      await store.retry(id);

      await expect(store.renew(id, token)).rejects.toEqual(problem('lease-lost'));
      await expect(store.next(request({ token }))).rejects.toEqual(problem('lease-lost'));
    });

    it('changes nothing for a task that is queued or running already', async () => {
      const { store } = await opened();
      const { task: queued } = await store.create(newTask());
      expect(await store.retry(queued.id)).toEqual(queued);
      const { lease } = await leaseNext(store);

      expect(await store.retry(queued.id)).toEqual(lease.task satisfies Task);
    });

    it('is refused for a finished task, and for one that is not there', async () => {
      const { store, id } = await finished();

      await expect(store.retry(id)).rejects.toEqual(problem('wrong-state'));
      await expect(store.retry(newTask().id)).rejects.toEqual(problem('task-not-found'));
    });
  });
}
