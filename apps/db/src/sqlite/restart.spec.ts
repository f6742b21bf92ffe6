import { idempotency, leaseNext, newTask, outputsOf, permanent, problem, transient } from '#suites/task-store.fixtures';
import { suitePolicy } from '#suites/task-store.harness';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AdjustableClock } from '../../test/adjustable-clock.js';
import { temporaryDatabase } from '../../test/opened-store.js';
import { migrations } from './migrations.js';
import { SqliteDatabase } from './sqlite-database.js';
import { SqliteTaskStore } from './sqlite-task-store.js';

/** A store on a file that can be closed and opened again, while the clock goes on. */
function restartable() {
  const file = temporaryDatabase();
  const clock = new AdjustableClock();
  let store = new SqliteTaskStore(file, suitePolicy, clock);
  onTestFinished(() => store.close());
  return {
    file,
    clock,
    store,
    restart: (): SqliteTaskStore => {
      store.close();
      return (store = new SqliteTaskStore(file, suitePolicy, clock));
    },
  };
}

describe('A restart of the embedded store', () => {
  it('keeps everything: tasks in every state, attempts, keys, tombstones, numbers, and the id', async () => {
    const { store, restart } = restartable();
    const take = async (): Promise<{ id: string; token: string; leaseNumber: number }> => {
      const { token, lease } = await leaseNext(store);
      return { id: lease.task.id, token, leaseNumber: lease.task.leaseNumber };
    };
    const keyed = newTask({ idempotency: idempotency('key'), labels: { album: 'Zürich' } });
    for (const task of [keyed, newTask(), newTask(), newTask(), newTask()]) await store.create(task);
    const [finished, failed, delayed, running] = [await take(), await take(), await take(), await take()];
    await store.finish(finished.id, finished.token, outputsOf(finished));
    await store.fail(failed.id, failed.token, permanent);
    await store.fail(delayed.id, delayed.token, transient);
    await store.renew(running.id, running.token, 'processing');
    const deleted = newTask();
    await store.create(deleted);
    await store.delete(deleted.id);
    const before = { id: store.id, list: await store.list(), stats: await store.stats() };
    const attempts = await store.attempts(delayed.id);

    const reopened = restart();

    expect({ id: reopened.id, list: await reopened.list(), stats: await reopened.stats() }).toEqual(before);
    expect(await reopened.attempts(delayed.id)).toEqual(attempts);
    await expect(reopened.create(deleted)).rejects.toEqual(problem('task-gone'));
    const again = await reopened.create(newTask({ idempotency: idempotency('key') }));
    expect(again).toMatchObject({ created: false, task: { id: keyed.id } });
    const { task } = await reopened.create(newTask());
    expect(task.revision).toBeGreaterThan(Math.max(...before.list.tasks.map(({ revision }) => revision)));
  });

  it('brings along the tasks of an older version, whose errors have no technical words', async () => {
    const file = temporaryDatabase();
    const { id, recipe, source } = newTask();
    const older = new SqliteDatabase(file, migrations.slice(0, 2));
    older.run(
      `INSERT INTO tasks (id, owner, state, priority, recipe, labels, source, lease_number, failures, available_at,
                          error_code, error_detail, revision, created_at, started_at, finished_at)
       VALUES ($id, 'alice', 'failed', 0, $recipe, '{}', $source, 1, 1, 1, 'undecodable', 'not a picture', 1, 1, 2, 3)`,
      { id, recipe: JSON.stringify(recipe), source: JSON.stringify(source) },
    );
    older.close();

    const store = new SqliteTaskStore(file, suitePolicy, new AdjustableClock());
    onTestFinished(() => store.close());

    expect((await store.get(id)).error).toEqual({ code: 'undecodable', detail: 'not a picture', technical: null });
    expect(await store.retry(id)).toMatchObject({ state: 'queued', error: null });
  });

  it('lets a worker finish under the lease that it had', async () => {
    const { store, restart } = restartable();
    const { id } = (await store.create(newTask())).task;
    const { token } = await leaseNext(store);

    const reopened = restart();

    expect(await reopened.finish(id, token, outputsOf({ id, leaseNumber: 1 }))).toEqual({ state: 'finished' });
  });

  it('answers a repeated call as the first time', async () => {
    const { store, restart } = restartable();
    const { id } = (await store.create(newTask())).task;
    const { token } = await leaseNext(store);
    await store.release(id, token);

    expect(await restart().release(id, token)).toEqual({ state: 'queued' });
  });

  it('gives open leases their full length anew, once', async () => {
    const { store, restart, clock } = restartable();
    await store.create(newTask());
    await leaseNext(store);
    clock.advance(10 * suitePolicy.leaseMs);

    const reopened = restart();

    expect(await reopened.reclaim()).toEqual({ reclaimed: 0 });
    clock.advance(suitePolicy.leaseMs - 1);
    expect(await reopened.reclaim()).toEqual({ reclaimed: 0 });
    clock.advance(1);
    expect(await reopened.reclaim()).toEqual({ reclaimed: 1 });
  });

  it('is refused while the store is open', () => {
    const { file, clock, store } = restartable();

    expect(() => new SqliteTaskStore(file, suitePolicy, clock)).toThrow(`${file} is in use by another process`);

    store.close();
    store.close();
  });

  it('gives every file an id of its own, and a store in memory always the same', () => {
    const clock = new AdjustableClock();
    const [one, other] = [restartable(), restartable()];

    expect(one.store.id).not.toBe(other.store.id);
    expect(new SqliteTaskStore(null, suitePolicy, clock).id).toBe(new SqliteTaskStore(null, suitePolicy, clock).id);
  });

  it('forgets keys after 24 hours and tombstones after 7 days, when it purges', async () => {
    const { store, restart, clock } = restartable();
    const [keyed, buried] = [newTask({ idempotency: idempotency('key') }), newTask()];
    await store.create(keyed);
    await store.bury(buried.id);
    clock.advance(24 * 3_600_000 - 1);
    store.purge();
    expect((await store.create(newTask({ idempotency: idempotency('key') }))).created).toBe(false);
    clock.advance(6 * 24 * 3_600_000);
    store.purge();
    await expect(store.create(buried)).rejects.toEqual(problem('task-gone'));
    clock.advance(1);
    store.purge();

    expect((await restart().create(buried)).created).toBe(true);
  });
});
