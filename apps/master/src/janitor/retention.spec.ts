import { newSourceKey, type Task } from '#contracts';
import { leaseNext, newTask, outputsOf, permanent, problem } from '#suites/task-store.fixtures';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { MemoryTaskStore } from '../../test/memory-task-store.js';
import { testConfig } from '../../test/running-master.js';
import { TaskFiles } from '../task/task-files.js';
import { Retention } from './retention.js';

const anHourMs = 3_600_000;

describe('Retention', () => {
  let tasks: MemoryTaskStore;
  let files: MemoryFileStore;
  let retention: Retention;

  beforeEach(() => {
    tasks = new MemoryTaskStore();
    files = new MemoryFileStore();
    retention = keeping('1h');
  });

  function keeping(time?: string): Retention {
    return new Retention(tasks, new TaskFiles(tasks, files), testConfig({ retention: time }));
  }

  /** A task whose source is stored. */
  async function upload(): Promise<Task> {
    const task = newTask();
    await files.put(task.source.key, (async function* () {})());
    return (await tasks.create(task)).task;
  }

  async function cancelled(): Promise<Task> {
    return tasks.cancel((await upload()).id);
  }

  async function idsLeft(): Promise<string[]> {
    return (await tasks.list({ limit: 1000 })).tasks.map(({ id }) => id).sort();
  }

  it('deletes finished, failed and cancelled tasks past their time, with their files', async () => {
    await upload();
    const finishing = await leaseNext(tasks);
    await tasks.finish(finishing.lease.task.id, finishing.token, outputsOf(finishing.lease.task));
    await upload();
    const failing = await leaseNext(tasks);
    await tasks.fail(failing.lease.task.id, failing.token, permanent);
    await cancelled();
    tasks.advance(anHourMs);

    expect(await retention.clean()).toBe(3);

    expect(await idsLeft()).toEqual([]);
    expect(files.keys).toEqual([]);
  });

  it('leaves the id of a deleted task out of use', async () => {
    const task = newTask();
    await tasks.create(task);
    await tasks.cancel(task.id);
    tasks.advance(anHourMs);

    await retention.clean();

    await expect(tasks.create(task)).rejects.toEqual(problem('task-gone'));
  });

  it('keeps tasks that came to their end a shorter time ago, however old they are', async () => {
    const { id } = await upload();
    tasks.advance(10 * anHourMs);
    await tasks.cancel(id);
    tasks.advance(anHourMs - 1);

    expect(await retention.clean()).toBe(0);
    expect(files.keys).toHaveLength(1);
    tasks.advance(1);
    expect(await retention.clean()).toBe(1);
  });

  it('keeps tasks that wait or run, however old they are', async () => {
    const kept = [await upload(), await upload()];
    await leaseNext(tasks);
    tasks.advance(1000 * anHourMs);

    expect(await retention.clean()).toBe(0);

    expect(await idsLeft()).toEqual(kept.map(({ id }) => id).sort());
    expect(files.keys).toHaveLength(2);
  });

  it('keeps a task, and its files, that is retried in that very moment', async () => {
    const { id, source } = await cancelled();
    const gone = await cancelled();
    tasks.advance(anHourMs);
    const settledBefore = tasks.settledBefore.bind(tasks);
    vi.spyOn(tasks, 'settledBefore').mockImplementationOnce(async (ageSeconds) => {
      const page = await settledBefore(ageSeconds);
      await tasks.retry(id);
      return page;
    });

    expect(await retention.clean()).toBe(1);

    expect(await tasks.get(id)).toMatchObject({ state: 'queued' });
    await expect(tasks.get(gone.id)).rejects.toEqual(problem('task-not-found'));
    expect(files.keys).toEqual([source.key]);
  });

  it('keeps the time anew for a task that was retried and came to its end again', async () => {
    const { id } = await cancelled();
    tasks.advance(anHourMs);
    await tasks.retry(id);
    await tasks.cancel(id);

    expect(await retention.clean()).toBe(0);
  });

  it('deletes page after page until none is left', async () => {
    for (let number = 0; number < 450; number++) await cancelled();
    tasks.advance(anHourMs);

    expect(await retention.clean()).toBe(450);

    expect(files.keys).toEqual([]);
  });

  it('ends its round when nothing of a page can be deleted', async () => {
    const { id } = await cancelled();
    tasks.advance(anHourMs);
    const page = await tasks.settledBefore(0);
    await tasks.retry(id);
    vi.spyOn(tasks, 'settledBefore').mockResolvedValue(page);

    expect(await retention.clean()).toBe(0);
  });

  it('may meet another at its work', async () => {
    for (let number = 0; number < 20; number++) await cancelled();
    tasks.advance(anHourMs);

    const counts = await Promise.all([retention.clean(), keeping('1h').clean()]);

    expect(counts[0] + counts[1]).toBe(20);
    expect(await idsLeft()).toEqual([]);
  });

  it('leaves the files of other tasks alone', async () => {
    await cancelled();
    const other = newSourceKey(newTask().id);
    await files.put(other, (async function* () {})());
    tasks.advance(anHourMs);

    await retention.clean();

    expect(files.keys).toEqual([other]);
  });

  it('deletes nothing, ever, when no time is set', async () => {
    await cancelled();
    tasks.advance(100_000 * anHourMs);

    expect(await keeping().clean()).toBe(0);

    expect(await idsLeft()).toHaveLength(1);
  });
});
