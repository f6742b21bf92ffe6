import { join } from 'node:path';
import { leaseNext, newTask, outputsOf, problem } from '#suites/task-store.fixtures';
import { suitePolicy } from '#suites/task-store.harness';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SmallDisk } from '../../../../test/harness/small-disk.js';
import { AdjustableClock } from '../../test/adjustable-clock.js';
import { temporaryDatabase } from '../../test/opened-store.js';
import { SqliteTaskStore } from './sqlite-task-store.js';

/** A store whose file can be kept from growing, which is what a full disk does to it. */
class BoundedStore extends SqliteTaskStore {
  bound(pages: number): void {
    this.database.get(`PRAGMA max_page_count = ${pages}`);
  }
}

function opened(): BoundedStore {
  const store = new BoundedStore(temporaryDatabase(), suitePolicy, new AdjustableClock());
  onTestFinished(() => store.close());
  return store;
}

/** Fills the store until a task finds no room. @returns the ids of those that did */
async function filled(store: BoundedStore): Promise<string[]> {
  store.bound(1);
  const ids: string[] = [];
  for (;;) {
    const task = newTask({ labels: { filling: 'x'.repeat(1_000) } });
    try {
      await store.create(task);
      ids.push(task.id);
    } catch (error) {
      expect(error).toEqual(problem('storage-full'));
      return ids;
    }
  }
}

describe('A store whose disk is full', () => {
  it('refuses a task whole, keeps the others, and takes the same task when there is room', async () => {
    const store = opened();
    const kept = await filled(store);
    const task = newTask({ labels: { filling: 'x'.repeat(5_000) } });
    await expect(store.create(task)).rejects.toMatchObject({ code: 'storage-full', extras: { retryAfterSeconds: 10 } });

    const { tasks } = await store.list({ limit: 200 });
    expect(tasks.map(({ id }) => id).sort()).toEqual(kept.sort());
    expect(await store.stats()).toMatchObject({ backlog: kept.length });

    store.bound(1_000_000);
    expect((await store.create(task)).created).toBe(true);
  });

  it('says to a worker that it is away for now, and then takes the very same finish', async () => {
    const store = opened();
    await store.create(newTask());
    const { token, lease } = await leaseNext(store);
    const { id, leaseNumber } = lease.task;
    await filled(store);
    const output = outputsOf({ id, leaseNumber })[0]!;
    const outputs = Array.from({ length: 50 }, () => output);
    await expect(store.finish(id, token, outputs)).rejects.toEqual(problem('service-unavailable'));
    expect(await store.get(id)).toMatchObject({ state: 'running', outputs: [] });

    store.bound(1_000_000);
    expect(await store.finish(id, token, outputs)).toEqual({ state: 'finished' });
  });

  const { obstacle } = SmallDisk;

  it.skipIf(obstacle)(
    `opens and can be read, and its leases get their full length anew once there is room${obstacle ? ` (skipped: ${obstacle})` : ''}`,
    async () => {
      const disk = SmallDisk.mount(1);
      const file = join(disk.folder, 'tasks.sqlite');
      const clock = new AdjustableClock();
      const before = new SqliteTaskStore(file, suitePolicy, clock);
      const { id } = (await before.create(newTask())).task;
      await leaseNext(before);
      before.close();
      await disk.fill();
      clock.advance(10 * suitePolicy.leaseMs);

      const store = new SqliteTaskStore(file, suitePolicy, clock);
      onTestFinished(() => store.close());

      expect(store.id).toBe(before.id);
      expect(await store.get(id)).toMatchObject({ state: 'running', leaseNumber: 1 });
      await expect(store.reclaim()).rejects.toEqual(problem('service-unavailable'));
      await disk.free();
      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
      clock.advance(suitePolicy.leaseMs - 1);
      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
      clock.advance(1);
      expect(await store.reclaim()).toEqual({ reclaimed: 1 });
    },
  );
});
