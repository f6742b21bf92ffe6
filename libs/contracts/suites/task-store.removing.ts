import type { TaskStore } from '#contracts';
import { describe, expect, it } from 'vitest';
import { leaseNext, newTask, outputsOf, permanent, problem, request } from './task-store.fixtures.js';
import { suitePolicy, type OpenedStore, type OpenForTest } from './task-store.harness.js';

/** `delete` and `bury`: how an id comes out of use for good. */
export function removing(opened: OpenForTest<OpenedStore<TaskStore>>): void {
  describe('delete', () => {
    it('removes a task, and its id can never be used again', async () => {
      const { store } = await opened();
      const asked = newTask();
      await store.create(asked);

      await store.delete(asked.id);

      await expect(store.get(asked.id)).rejects.toEqual(problem('task-not-found'));
      await expect(store.create(asked)).rejects.toEqual(problem('task-gone'));
      expect(await store.next(request())).toBeNull();
      expect(await store.list()).toEqual({ tasks: [], next: null });
    });

    it('removes a running task: its worker’s next call says that there is no such task', async () => {
      const { store, advance } = await opened();
      const { id } = (await store.create(newTask())).task;
      const { token } = await leaseNext(store);

      await store.delete(id);

      await expect(store.renew(id, token)).rejects.toEqual(problem('task-not-found'));
      const outputs = outputsOf({ id, leaseNumber: 1 });
      await expect(store.finish(id, token, outputs)).rejects.toEqual(problem('task-not-found'));
      await expect(store.fail(id, token, permanent)).rejects.toEqual(problem('task-not-found'));
      await expect(store.release(id, token)).rejects.toEqual(problem('task-not-found'));
      advance(suitePolicy.leaseMs);
      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    });

    it('can be bound to a revision: a task that has changed since stays', async () => {
      const { store } = await opened();
      const { task } = await store.create(newTask());
      const cancelled = await store.cancel(task.id);

      await expect(store.delete(task.id, task.revision)).rejects.toEqual(problem('wrong-state'));
      expect(await store.get(task.id)).toEqual(cancelled);

      await store.delete(task.id, cancelled.revision);
      await expect(store.get(task.id)).rejects.toEqual(problem('task-not-found'));
    });

    it('is refused for a task that is not there, or not any more', async () => {
      const { store } = await opened();
      const { id } = (await store.create(newTask())).task;
      await store.delete(id);

      await expect(store.delete(id)).rejects.toEqual(problem('task-not-found'));
      await expect(store.delete(newTask().id)).rejects.toEqual(problem('task-not-found'));
    });
  });

  describe('bury', () => {
    it('makes sure that no task with this id will ever be created', async () => {
      const { store } = await opened();
      const asked = newTask();

      await store.bury(asked.id);

      await expect(store.create(asked)).rejects.toMatchObject({ code: 'task-gone', extras: { retryAfterSeconds: 1 } });
      await expect(store.get(asked.id)).rejects.toEqual(problem('task-not-found'));
    });

    it('changes nothing when repeated, or for a task that was deleted', async () => {
      const { store } = await opened();
      const asked = newTask();
      await store.create(asked);
      await store.delete(asked.id);

      await store.bury(asked.id);
      await store.bury(asked.id);

      await expect(store.create(asked)).rejects.toEqual(problem('task-gone'));
    });

    it('is refused for a task that exists', async () => {
      const { store } = await opened();
      const { task } = await store.create(newTask());

      await expect(store.bury(task.id)).rejects.toEqual(problem('wrong-state'));

      expect(await store.get(task.id)).toEqual(task);
    });
  });

  it('has an id that stays the same', async () => {
    const { store } = await opened();
    const id = await store.storeId();

    expect(id).toMatch(/^.+$/);
    expect(await store.storeId()).toBe(id);
  });
}
