import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { newOutputPrefix, newSourceKey, pictureKey, Problem, type NewTask, type Task } from '#contracts';
import { leaseNext, newTask, permanent, problem, transient } from '#suites/task-store.fixtures';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { MemoryTaskStore } from '../../test/memory-task-store.js';
import { testConfig } from '../../test/running-master.js';
import { TaskFiles } from '../task/task-files.js';
import { Janitor } from './janitor.js';
import { Pairing } from './pairing.js';

const aDay = 86_400;

describe('Janitor', () => {
  let tasks: MemoryTaskStore;
  let files: MemoryFileStore;
  let janitor: Janitor;

  beforeEach(() => open());

  function open(filesPerPage?: number): void {
    tasks = new MemoryTaskStore();
    files = new MemoryFileStore({ filesPerPage });
    janitor = new Janitor(tasks, files, new Pairing(tasks, files), testConfig());
  }

  async function store(...keys: string[]): Promise<void> {
    for (const key of keys) await files.put(key, (async function* () {})());
  }

  /** A queued task whose source is stored. */
  async function upload(): Promise<NewTask> {
    const task = newTask();
    await store(task.source.key);
    await tasks.create(task);
    return task;
  }

  /** Leases the next task and stores an output of that lease. */
  async function attempt(): Promise<{ task: Task; token: string; key: string }> {
    const { lease, token } = await leaseNext(tasks);
    const key = `${newOutputPrefix(lease.task.id, lease.task.leaseNumber)}image`;
    await store(key);
    return { task: lease.task, token, key };
  }

  async function finish({ task, token, key }: Awaited<ReturnType<typeof attempt>>): Promise<void> {
    await tasks.finish(task.id, token, [{ ...task.source, key, name: 'image' }]);
  }

  /** Everything stored so far is old now. */
  function wait(): void {
    files.advance(aDay);
  }

  describe('with a file that belongs to no task', () => {
    it('removes it once it is a day old', async () => {
      const key = newSourceKey(newTask().id);
      await store(key);
      files.advance(aDay - 1);
      expect(await janitor.clean()).toBe(0);
      expect(files.keys).toEqual([key]);
      files.advance(1);

      expect(await janitor.clean()).toBe(1);

      expect(files.keys).toEqual([]);
    });

    it('sees to it first that its task can never come to be', async () => {
      const task = newTask();
      await store(task.source.key);
      wait();
      const steps: string[] = [];
      const [bury, remove] = [tasks.bury.bind(tasks), files.delete.bind(files)];
      vi.spyOn(tasks, 'bury').mockImplementation((id) => (steps.push('bury'), bury(id)));
      vi.spyOn(files, 'delete').mockImplementation((key) => (steps.push('delete'), remove(key)));

      await janitor.clean();

      expect(steps).toEqual(['bury', 'delete']);
      await expect(tasks.create(task)).rejects.toEqual(problem('task-gone'));
    });

    it('keeps it when its task comes to be in that very moment', async () => {
      const task = newTask();
      await store(task.source.key);
      wait();
      const bury = tasks.bury.bind(tasks);
      vi.spyOn(tasks, 'bury').mockImplementation(async (id) => {
        await tasks.create(task);
        return bury(id);
      });

      expect(await janitor.clean()).toBe(0);

      expect(files.keys).toEqual([task.source.key]);
    });

    it('removes the files of a task that was deleted', async () => {
      const { id } = await upload();
      await attempt();
      await tasks.delete(id);
      wait();

      expect(await janitor.clean()).toBe(2);

      expect(files.keys).toEqual([]);
    });
  });

  describe('with the files of a task', () => {
    it('keeps the source, and the outputs that were published', async () => {
      const { source } = await upload();
      const published = await attempt();
      await finish(published);
      wait();

      expect(await janitor.clean()).toBe(0);

      expect(files.keys).toEqual([source.key, published.key].sort());
    });

    it('keeps what the lease of this moment has written', async () => {
      const { source } = await upload();
      const { key } = await attempt();
      wait();

      expect(await janitor.clean()).toBe(0);

      expect(files.keys).toEqual([source.key, key].sort());
    });

    it('removes what overtaken leases have written, while the task runs and after', async () => {
      const { source } = await upload();
      const first = await attempt();
      await tasks.fail(first.task.id, first.token, transient);
      tasks.advance(300_000);
      const second = await attempt();
      wait();

      expect(await janitor.clean()).toBe(1);

      expect(files.keys).toEqual([source.key, second.key].sort());
    });

    it('keeps what the last lease has written while the task waits: its worker may yet finish late', async () => {
      await upload();
      const { task, token, key } = await attempt();
      await tasks.release(task.id, token);
      wait();

      expect(await janitor.clean()).toBe(0);

      expect(files.keys).toContain(key);
    });

    it('removes a try of the published lease that was not published', async () => {
      await upload();
      const running = await attempt();
      await store(`${newOutputPrefix(running.task.id, 1)}image`);
      await finish(running);
      wait();

      expect(await janitor.clean()).toBe(1);

      expect(files.keys).toEqual([running.task.source.key, running.key].sort());
    });

    it.each<[string, (attempt: { task: Task; token: string }) => Promise<unknown>]>([
      ['failed', ({ task, token }) => tasks.fail(task.id, token, permanent)],
      ['cancelled', ({ task }) => tasks.cancel(task.id)],
    ])('removes all outputs of a task that is %s, and keeps its source for a retry', async (_, settle) => {
      const { source } = await upload();
      await settle(await attempt());
      wait();

      expect(await janitor.clean()).toBe(1);

      expect(files.keys).toEqual([source.key]);
    });

    it('removes a source that no task names', async () => {
      const { id, source } = await upload();
      await store(newSourceKey(id));
      wait();

      expect(await janitor.clean()).toBe(1);

      expect(files.keys).toEqual([source.key]);
    });

    it('leaves young files alone, whatever they are', async () => {
      const { id } = await upload();
      await attempt();
      await tasks.cancel(id);
      await store(newSourceKey(id));

      expect(await janitor.clean()).toBe(0);

      expect(files.keys).toHaveLength(3);
    });
  });

  describe('with a picture', () => {
    const bytes = Buffer.from('a picture');
    const picture = pictureKey(createHash('sha256').update(bytes).digest('hex'));

    beforeEach(async () => {
      await files.put(picture, Readable.from([bytes]));
      wait();
    });

    it('keeps it, however old it is, and asks db for nothing', async () => {
      const [get, bury] = [vi.spyOn(tasks, 'get'), vi.spyOn(tasks, 'bury')];

      expect(await janitor.clean()).toBe(0);

      expect(files.keys).toEqual([picture]);
      expect(get).not.toHaveBeenCalled();
      expect(bury).not.toHaveBeenCalled();
    });

    it('keeps it although storage would list it among the files of tasks', async () => {
      const orphan = newSourceKey(newTask().id);
      await store(orphan);
      wait();
      const list = [picture, orphan].map((key) => ({ key, size: 0, ageSeconds: aDay }));
      vi.spyOn(files, 'list').mockResolvedValue({ files: list, next: null });

      expect(await janitor.clean()).toBe(1);

      expect(files.keys).toEqual([picture]);
    });

    it('keeps it when its tasks are deleted, with their files', async () => {
      const { id } = await upload();
      await tasks.delete(id);
      await new TaskFiles(tasks, files).deleteAll(id);

      expect(files.keys).toEqual([picture]);
    });
  });

  it.each([1, 3, 7])('goes over all pages when storage looks at %i files for each', async (filesPerPage) => {
    open(filesPerPage);
    const kept: string[] = [];
    for (let number = 0; number < 5; number++) {
      await store(...Array.from({ length: 4 }, () => newSourceKey(newTask().id)));
      kept.push((await upload()).source.key);
    }
    wait();
    const young = newSourceKey(newTask().id);
    await store(young);

    expect(await janitor.clean()).toBe(20);

    expect(files.keys).toEqual([...kept, young].sort());
    expect(await janitor.clean()).toBe(0);
  });

  it('reads on behind a page on which all files are young', async () => {
    open(3);
    const keys = Array.from({ length: 24 }, () => newSourceKey(newTask().id)).sort();
    await store(...keys.slice(12));
    wait();
    await store(...keys.slice(0, 12));

    expect(await janitor.clean()).toBe(12);

    expect(files.keys).toEqual(keys.slice(0, 12));
  });

  it('looks each task up once for all of its files that follow each other', async () => {
    const { id } = await upload();
    for (let number = 0; number < 5; number++) await store(newSourceKey(id));
    wait();
    const get = vi.spyOn(tasks, 'get');

    expect(await janitor.clean()).toBe(5);

    expect(get).toHaveBeenCalledTimes(1);
  });

  it('keeps what was published while it was held up between two pages, for however long', async () => {
    open(1);
    await upload();
    const { task, token } = await attempt();
    wait();
    const list = files.list.bind(files);
    let pages = 0;
    let published = '';
    vi.spyOn(files, 'list').mockImplementation(async (query) => {
      if (++pages === 2) {
        await tasks.release(task.id, token);
        const second = await attempt();
        await finish(second);
        published = second.key;
        wait();
      }
      return list(query);
    });

    await janitor.clean();

    expect(pages).toBeGreaterThan(2);
    expect(files.keys).toContain(published);
  });

  describe('touches nothing', () => {
    it('behind a db that is not the one that storage belongs to, like one that was begun anew', async () => {
      const { id } = await upload();
      await store(newSourceKey(newTask().id));
      await janitor.clean();
      wait();
      const empty = new MemoryTaskStore(undefined, 'another task store');
      const bury = vi.spyOn(empty, 'bury');

      const round = new Janitor(empty, files, new Pairing(empty, files), testConfig()).clean();

      await expect(round).rejects.toEqual(problem('store-mismatch'));
      expect(files.keys).toHaveLength(2);
      expect(bury).not.toHaveBeenCalled();
      expect(await tasks.get(id)).toMatchObject({ state: 'queued' });
    });

    it('while db cannot say whether there is a task', async () => {
      await store(newSourceKey(newTask().id));
      wait();
      const away = new Problem('service-unavailable', 'db cannot be reached');
      for (const call of ['storeId', 'get', 'bury'] as const) {
        const spy = vi.spyOn(tasks, call).mockRejectedValue(away);
        await expect(janitor.clean()).rejects.toBe(away);
        spy.mockRestore();
      }

      expect(files.keys).toHaveLength(1);
      expect(await janitor.clean()).toBe(1);
    });
  });

  it('may meet another janitor at its work', async () => {
    const { source } = await upload();
    await store(...Array.from({ length: 10 }, () => newSourceKey(newTask().id)));
    wait();

    await Promise.all([janitor.clean(), new Janitor(tasks, files, new Pairing(tasks, files), testConfig()).clean()]);

    expect(files.keys).toEqual([source.key]);
  });
});
