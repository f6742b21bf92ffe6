import type { Task, TaskListQuery, TaskStore } from '#contracts';
import { describe, expect, it, vi } from 'vitest';
import { leaseNext, newTask, outputsOf, permanent, problem, transient } from './task-store.fixtures.js';
import type { OpenedStore, OpenForTest } from './task-store.harness.js';

/** Longer than any of these tests may take: who waits for it is woken, or hangs. */
const waitMs = 30_000;

/** `get`, with and without a wait, and `list`. */
export function reading(opened: OpenForTest<OpenedStore<TaskStore>>): void {
  /** A running task, and a question for it that the store holds open. */
  async function awaited(): Promise<
    OpenedStore<TaskStore> & { id: string; token: string; answer: Promise<Task>; before: number }
  > {
    const harness = await opened();
    const { id } = (await harness.store.create(newTask())).task;
    const { token } = await leaseNext(harness.store);
    const before = harness.waiting();
    const answer = harness.store.get(id, { waitMs });
    answer.catch(() => undefined);
    await vi.waitFor(() => expect(harness.waiting()).toBeGreaterThan(before));
    return { ...harness, id, token, answer, before };
  }

  /** Tasks of two owners; the last of each cancelled. */
  async function filled(): Promise<{ store: TaskStore; ids: string[] }> {
    const { store } = await opened();
    const ids: string[] = [];
    for (const owner of ['alice', 'bob', 'alice', 'bob', 'alice', 'bob']) {
      ids.push((await store.create(newTask({ owner }))).task.id);
    }
    await store.cancel(ids[4]!);
    await store.cancel(ids[5]!);
    return { store, ids };
  }

  describe('get', () => {
    it('refuses an id that no task has', async () => {
      const { store } = await opened();

      await expect(store.get(newTask().id)).rejects.toEqual(problem('task-not-found'));
      await expect(store.get('no id at all', { waitMs })).rejects.toEqual(problem('task-not-found'));
    });

    it('answers with the task as it is when the wait is over', async () => {
      const { store } = await opened();
      const { task } = await store.create(newTask());

      expect(await store.get(task.id, { waitMs: 20 })).toEqual(task);
    });

    it('does not wait for a task in its final state', async () => {
      const { store } = await opened();
      const { task } = await store.create(newTask());
      const cancelled = await store.cancel(task.id);

      expect(await store.get(task.id, { waitMs })).toEqual(cancelled);
    });
  });

  describe('get with a wait', { timeout: 10_000 }, () => {
    it('is woken when the task is finished', async () => {
      const { store, id, token, answer } = await awaited();

      await store.finish(id, token, outputsOf({ id, leaseNumber: 1 }));

      expect((await answer).state).toBe('finished');
    });

    it('is woken when the task has failed', async () => {
      const { store, id, token, answer } = await awaited();

      await store.fail(id, token, permanent);

      expect((await answer).state).toBe('failed');
    });

    it('is woken when the task is cancelled', async () => {
      const { store, id, answer } = await awaited();

      await store.cancel(id);

      expect((await answer).state).toBe('cancelled');
    });

    it('is woken when the task is deleted', async () => {
      const { store, id, answer } = await awaited();

      await store.delete(id);

      await expect(answer).rejects.toEqual(problem('task-not-found'));
    });

    it('goes on waiting while the task is only tried again', async () => {
      const harness = await awaited();
      const { store, id, token, answer, advance } = harness;
      await store.fail(id, token, transient);
      advance(1000);
      const { token: second } = await leaseNext(store);
      expect(harness.waiting()).toBeGreaterThan(harness.before);

      await store.finish(id, second, outputsOf({ id, leaseNumber: 2 }));

      expect(await answer).toMatchObject({ state: 'finished', leaseNumber: 2 });
    });

    it('answers everybody who waits', async () => {
      const { store, id, answer } = await awaited();
      const other = store.get(id, { waitMs });

      await store.cancel(id);

      expect(await Promise.all([answer, other])).toMatchObject([{ state: 'cancelled' }, { state: 'cancelled' }]);
    });

    it('ends when it is aborted', async () => {
      const harness = await awaited();
      const controller = new AbortController();
      const held = harness.waiting();
      const answer = harness.store.get(harness.id, { waitMs, signal: controller.signal }).catch(() => null);
      await vi.waitFor(() => expect(harness.waiting()).toBeGreaterThan(held));

      controller.abort();

      await answer;
      await vi.waitFor(() => expect(harness.waiting()).toBe(held));
    });
  });

  describe('list', () => {
    it('is empty without tasks', async () => {
      const { store } = await opened();

      expect(await store.list()).toEqual({ tasks: [], next: null });
    });

    it('tells the tasks, newest first', async () => {
      const { store, ids } = await filled();

      const { tasks, next } = await store.list();

      expect(tasks.map(({ id }) => id)).toEqual(ids.toReversed());
      expect(tasks[0]).toEqual(await store.get(ids[5]!));
      expect(next).toBeNull();
    });

    it('can be narrowed to a state, to an owner, and to both', async () => {
      const { store, ids } = await filled();
      const places = async (query: TaskListQuery): Promise<number[]> =>
        (await store.list(query)).tasks.map(({ id }) => ids.indexOf(id));

      expect(await places({ state: 'queued' })).toEqual([3, 2, 1, 0]);
      expect(await places({ owner: 'alice' })).toEqual([4, 2, 0]);
      expect(await places({ owner: 'bob', state: 'cancelled' })).toEqual([5]);
      expect(await places({ owner: 'bob', state: 'running' })).toEqual([]);
      expect(await places({ owner: 'nobody' })).toEqual([]);
    });

    it('comes in pages, each with the cursor of the next', async () => {
      const { store, ids } = await filled();
      const pages: string[][] = [];
      let after: string | undefined;
      do {
        const page = await store.list({ limit: 2, after });
        pages.push(page.tasks.map(({ id }) => id));
        after = page.next ?? undefined;
      } while (after);

      expect(pages).toEqual([
        [ids[5], ids[4]],
        [ids[3], ids[2]],
        [ids[1], ids[0]],
      ]);
    });

    it('pages through a narrowed list without a gap, whatever is new or removed meanwhile', async () => {
      const { store, ids } = await filled();
      const first = await store.list({ owner: 'alice', limit: 1 });
      await store.create(newTask({ owner: 'alice' }));
      await store.delete(ids[4]!);

      const second = await store.list({ owner: 'alice', limit: 1, after: first.next! });
      const third = await store.list({ owner: 'alice', limit: 1, after: second.next! });

      expect([first, second, third].map(({ tasks }) => tasks[0]?.id)).toEqual([ids[4], ids[2], ids[0]]);
      expect(third.next).toBeNull();
    });

    it('tells 50 at a time when not asked for a number', async () => {
      const { store } = await opened();
      for (let count = 0; count < 51; count++) await store.create(newTask());

      const { tasks, next } = await store.list();

      expect(tasks).toHaveLength(50);
      expect(next).toBe(tasks[49]!.id);
    });
  });
}
