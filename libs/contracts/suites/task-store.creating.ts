import { newSourceKey, type TaskStore } from '#contracts';
import { describe, expect, it } from 'vitest';
import { file, idempotency, newTask, problem } from './task-store.fixtures.js';
import type { OpenedStore, OpenForTest } from './task-store.harness.js';

const aDayMs = 24 * 3_600_000;

/** `create`, its idempotency by id and by key. */
export function creating(opened: OpenForTest<OpenedStore<TaskStore>>): void {
  describe('create', () => {
    it('makes a queued task of all that it was given', async () => {
      const { store, now } = await opened();
      const asked = newTask({
        owner: 'bob',
        priority: 7,
        labels: { album: 'Zürich', 'with "quotes"': '' },
        traceContext: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });

      const { task, created } = await store.create(asked);

      const { idempotency: _, ...kept } = asked;
      expect(created).toBe(true);
      expect(task).toEqual({
        ...kept,
        state: 'queued',
        outputs: [],
        leaseNumber: 0,
        failures: 0,
        lostLeases: 0,
        stage: null,
        availableAt: null,
        error: null,
        revision: task.revision,
        createdAt: new Date(now()).toISOString(),
        startedAt: null,
        finishedAt: null,
      });
      expect(await store.get(task.id)).toEqual(task);
    });

    it('gives every task a higher revision than any before', async () => {
      const { store } = await opened();
      const [first, second] = [await store.create(newTask()), await store.create(newTask())];

      expect(second.task.revision).toBeGreaterThan(first.task.revision);
    });

    it('is idempotent by id: repeated, it answers with the task as it is and changes nothing', async () => {
      const { store, advance } = await opened();
      const asked = newTask();
      const { task } = await store.create(asked);
      advance(1000);

      expect(await store.create(asked)).toEqual({ task, created: false });

      const cancelled = await store.cancel(task.id);
      expect(await store.create(asked)).toEqual({ task: cancelled, created: false });
      expect(await store.stats()).toMatchObject({ backlog: 0, cancelled: 1 });
    });

    it('makes one task of many concurrent creations with one id', async () => {
      const { store } = await opened();
      const asked = newTask();

      const answers = await Promise.all(Array.from({ length: 5 }, () => store.create(asked)));

      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect((await store.stats()).queued).toBe(1);
    });

    it('refuses a source that belongs to another task', async () => {
      const { store } = await opened();
      const asked = newTask({ source: file(newSourceKey(newTask().id), 'photo.png') });

      await expect(store.create(asked)).rejects.toEqual(problem('invalid-request'));
      await expect(store.get(asked.id)).rejects.toEqual(problem('task-not-found'));
    });
  });

  describe('create with an idempotency key', () => {
    it('answers with the first task when the request is the same', async () => {
      const { store } = await opened();
      const { task: first } = await store.create(newTask({ idempotency: idempotency('key') }));
      const again = newTask({ idempotency: idempotency('key') });

      expect(await store.create(again)).toEqual({ task: first, created: false });

      await expect(store.get(again.id)).rejects.toEqual(problem('task-not-found'));
    });

    it('makes one task of many concurrent requests with one key', async () => {
      const { store } = await opened();
      const requests = Array.from({ length: 5 }, () => newTask({ idempotency: idempotency('key') }));

      const answers = await Promise.all(requests.map((asked) => store.create(asked)));

      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(answers.map(({ task }) => task.id)).size).toBe(1);
    });

    it('refuses another request under the same key', async () => {
      const { store } = await opened();
      await store.create(newTask({ idempotency: idempotency('key', 'one picture') }));
      const other = newTask({ idempotency: idempotency('key', 'another picture') });

      await expect(store.create(other)).rejects.toEqual(problem('idempotency-key-reused'));
      await expect(store.get(other.id)).rejects.toEqual(problem('task-not-found'));
    });

    it('keeps the keys of every owner apart', async () => {
      const { store } = await opened();
      await store.create(newTask({ owner: 'alice', idempotency: idempotency('key', 'one picture') }));

      const { created } = await store.create(
        newTask({ owner: 'bob', idempotency: idempotency('key', 'another picture') }),
      );

      expect(created).toBe(true);
    });

    it('remembers a key for 24 hours, and then takes it for a new one', async () => {
      const { store, advance } = await opened();
      const { task: first } = await store.create(newTask({ idempotency: idempotency('key') }));
      advance(aDayMs - 1);
      expect((await store.create(newTask({ idempotency: idempotency('key') }))).task.id).toBe(first.id);
      advance(1);

      const { task: second, created } = await store.create(newTask({ idempotency: idempotency('key', 'other') }));

      expect(created).toBe(true);
      expect(second.id).not.toBe(first.id);
      const third = newTask({ idempotency: idempotency('key', 'other') });
      expect((await store.create(third)).task.id).toBe(second.id);
    });

    it('remembers the key of a task that was deleted: for as long no other can be made under it', async () => {
      const { store } = await opened();
      const { task } = await store.create(newTask({ idempotency: idempotency('key') }));
      await store.delete(task.id);

      await expect(store.create(newTask({ idempotency: idempotency('key') }))).rejects.toEqual(problem('task-deleted'));
      const other = newTask({ idempotency: idempotency('key', 'another picture') });
      await expect(store.create(other)).rejects.toEqual(problem('idempotency-key-reused'));
    });

    it('remembers no key of a task that was refused', async () => {
      const { store } = await opened();
      const asked = newTask({ idempotency: idempotency('key') });
      await store.bury(asked.id);
      await expect(store.create(asked)).rejects.toEqual(problem('task-gone'));

      const { created } = await store.create(newTask({ idempotency: idempotency('key', 'another picture') }));

      expect(created).toBe(true);
    });

    it('makes no task beyond the limit of the backlog, but answers for those it has made', async () => {
      const { store } = await opened({ backlogLimit: 2 });
      const asked = newTask({ idempotency: idempotency('again') });
      await store.create(asked);
      const { task: other } = await store.create(newTask());

      await expect(store.create(newTask())).rejects.toThrow(problem('queue-full'));
      expect(await store.create(asked)).toMatchObject({ created: false });
      expect(await store.create({ ...newTask(), idempotency: asked.idempotency })).toMatchObject({ created: false });

      await store.cancel(other.id);
      expect(await store.create(newTask())).toMatchObject({ created: true });
    });
  });
}
