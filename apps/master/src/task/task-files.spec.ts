import { newOutputPrefix, newSourceKey, Problem } from '#contracts';
import { leaseNext, newTask, outputsOf, permanent } from '#suites/task-store.fixtures';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { MemoryTaskStore } from '../../test/memory-task-store.js';
import { TaskFiles } from './task-files.js';

function notFinished(detail: string): object {
  return { code: 'not-finished', detail };
}

async function fill(files: MemoryFileStore, ...keys: string[]): Promise<void> {
  for (const key of keys) await files.put(key, (async function* () {})());
}

describe('TaskFiles', () => {
  let tasks: MemoryTaskStore;

  beforeEach(() => {
    tasks = new MemoryTaskStore();
  });

  /** A finished task with outputs of these names. */
  async function finished(...names: string[]): Promise<string> {
    const { id } = (await tasks.create(newTask())).task;
    const { lease, token } = await leaseNext(tasks);
    const [output] = outputsOf(lease.task);
    await tasks.finish(
      id,
      token,
      names.map((name) => ({ ...output!, name })),
    );
    return id;
  }

  describe('output', () => {
    it('is the one of the name, or the first, with the source it was made from', async () => {
      const taskFiles = new TaskFiles(tasks, new MemoryFileStore());
      const id = await finished('small', 'large');
      const { source, outputs } = await tasks.get(id);

      expect(await taskFiles.output(id)).toEqual({ output: outputs[0], source });
      expect(await taskFiles.output(id, 'large')).toEqual({ output: outputs[1], source });
    });

    it('of a name that the task does not have is not found; the names that it has are told', async () => {
      const taskFiles = new TaskFiles(tasks, new MemoryFileStore());
      const id = await finished('small', 'large');

      await expect(taskFiles.output(id, 'medium')).rejects.toMatchObject({
        code: 'output-not-found',
        detail: `Task ${id} has no output "medium"; it has small, large`,
      });
      await expect(taskFiles.output(id, 'constructor')).rejects.toMatchObject({ code: 'output-not-found' });
    });

    it('is not there before the task is finished; a failed task says why', async () => {
      const taskFiles = new TaskFiles(tasks, new MemoryFileStore());
      const { id } = (await tasks.create(newTask())).task;
      await expect(taskFiles.output(id)).rejects.toMatchObject(notFinished(`Task ${id} is queued`));
      const { token } = await leaseNext(tasks);
      await expect(taskFiles.output(id)).rejects.toMatchObject(notFinished(`Task ${id} is running`));

      await tasks.fail(id, token, permanent);

      const { code, detail } = permanent;
      await expect(taskFiles.output(id)).rejects.toMatchObject(notFinished(`Task ${id} is failed: ${code}: ${detail}`));
    });
  });

  it('finds no files of a task that is not there', async () => {
    const taskFiles = new TaskFiles(tasks, new MemoryFileStore());
    const { id } = newTask();

    await expect(taskFiles.output(id)).rejects.toMatchObject({ code: 'task-not-found' });
    await expect(taskFiles.source(id)).rejects.toMatchObject({ code: 'task-not-found' });
  });

  describe('deleteAll', () => {
    it('removes every file of the task, and no other task’s', async () => {
      const files = new MemoryFileStore();
      const [{ id }, { id: other }] = [newTask(), newTask()];
      await fill(files, newSourceKey(id), `${newOutputPrefix(id, 3)}image`, newSourceKey(other));

      await new TaskFiles(tasks, files).deleteAll(id);

      expect(files.keys.map((key) => key.slice(0, 36))).toEqual([other]);
    });

    it.each([0, 1, 3])('reads on through pages of %i files, as long as there is a next one', async (filesPerPage) => {
      const files = filesPerPage === 0 ? new EmptyPages() : new MemoryFileStore({ filesPerPage });
      const { id } = newTask();
      await fill(files, ...Array.from({ length: 10 }, () => newSourceKey(id)));

      await new TaskFiles(tasks, files).deleteAll(id);

      expect(files.keys).toEqual([]);
    });

    it('leaves to the janitor what cannot be removed now', async () => {
      const files = new MemoryFileStore();
      const { id } = newTask();
      await fill(files, newSourceKey(id));
      vi.spyOn(files, 'delete').mockRejectedValue(new Problem('service-unavailable', 'storage is away'));

      await new TaskFiles(tasks, files).deleteAll(id);

      expect(files.keys).toHaveLength(1);
    });
  });
});

/** A store that gives an empty page before each that has files. */
class EmptyPages extends MemoryFileStore {
  private turn = 0;

  override async list(query: Parameters<MemoryFileStore['list']>[0]): ReturnType<MemoryFileStore['list']> {
    if (this.turn++ % 2 === 0) return { files: [], next: query?.after ?? '0' };
    return super.list({ ...query, limit: 2 });
  }
}
