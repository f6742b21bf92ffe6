import { newLeaseToken, newOutputPrefix, type Settlement } from '#contracts';
import { describe, expect, it } from 'vitest';
import { facts, file, leaseNext, newTask, outputsOf, permanent, problem, transient } from './task-store.fixtures.js';
import { suitePolicy, type OpenedLeaseStore, type OpenForTest } from './task-store.harness.js';

/** Lets the lease run out and another worker take the task. Answers the other's token. */
async function overtake({ store, advance }: OpenedLeaseStore): Promise<string> {
  advance(suitePolicy.leaseMs);
  expect(await store.reclaim()).toEqual({ reclaimed: 1 });
  advance(suitePolicy.longestBackoffMs);
  return (await leaseNext(store, 'worker-2')).token;
}

async function nobodyGetsATask(store: OpenedLeaseStore['store']): Promise<void> {
  expect(await store.next({ worker: 'worker-1', token: newLeaseToken(), waitMs: 0 })).toBeNull();
}

/** How a worker gives a task back: `finish`, `fail`, `release`. */
export function settling(opened: OpenForTest<OpenedLeaseStore>): void {
  /** A store with one task, leased under a token. */
  async function leased(policy = {}): Promise<OpenedLeaseStore & { id: string; token: string }> {
    const harness = await opened(policy);
    const { task } = await harness.tasks.create(newTask());
    const { token } = await leaseNext(harness.store);
    return { ...harness, id: task.id, token };
  }

  describe('finish', () => {
    it('publishes the outputs', async () => {
      const { store, tasks, now, advance, id, token } = await leased();
      const running = await tasks.get(id);
      const outputs = outputsOf(running);
      advance(1000);

      expect(await store.finish(id, token, outputs)).toEqual({ state: 'finished' });

      const task = await tasks.get(id);
      const finishedAt = new Date(now()).toISOString();
      expect(task).toEqual({ ...running, state: 'finished', outputs, finishedAt, revision: task.revision });
      expect(task.revision).toBeGreaterThan(running.revision);
    });

    it('keeps the facts of an output, whatever they leave open', async () => {
      const { store, tasks, id, token } = await leased();
      const key = (name: string): string => `${newOutputPrefix(id, 1)}${name}`;
      const nothingKnown = { ...facts, dominantColour: null, camera: null, takenAt: null };
      const outputs = [
        { ...file(key('asked'), 'asked'), facts },
        { ...file(key('bare'), 'bare'), facts: nothingKnown },
        { ...file(key('none'), 'none'), facts: null },
        file(key('not'), 'not'),
      ];

      await store.finish(id, token, outputs);

      expect((await tasks.get(id)).outputs).toEqual(outputs);
    });

    it('is idempotent by token: repeated, it answers as the first time and changes nothing', async () => {
      const { store, tasks, advance, id, token } = await leased();
      await store.finish(id, token, outputsOf({ id, leaseNumber: 1 }));
      const task = await tasks.get(id);
      advance(1000);

      expect(await store.finish(id, token, outputsOf({ id, leaseNumber: 1 }))).toEqual({ state: 'finished' });

      expect(await tasks.get(id)).toEqual(task);
    });

    it('is welcome late when nobody has overtaken it', async () => {
      const { store, tasks, advance, id, token } = await leased();
      advance(10 * suitePolicy.leaseMs);

      expect(await store.finish(id, token, outputsOf({ id, leaseNumber: 1 }))).toEqual({ state: 'finished' });

      expect(await tasks.get(id)).toMatchObject({ state: 'finished', lostLeases: 0 });
    });

    it('is refused once the lease is lost, and changes nothing', async () => {
      const harness = await leased();
      const { store, tasks, id, token } = harness;
      const other = await overtake(harness);
      const running = await tasks.get(id);

      await expect(store.finish(id, token, outputsOf({ id, leaseNumber: 1 }))).rejects.toEqual(problem('lease-lost'));
      expect(await tasks.get(id)).toEqual(running);

      const outputs = outputsOf(running);
      await store.finish(id, other, outputs);
      await expect(store.finish(id, token, outputsOf({ id, leaseNumber: 1 }))).rejects.toEqual(problem('lease-lost'));
      expect((await tasks.get(id)).outputs).toEqual(outputs);
    });

    it('is refused for a task that waits again for a worker', async () => {
      const { store, tasks, advance, id, token } = await leased();
      advance(suitePolicy.leaseMs);
      await store.reclaim();

      await expect(store.finish(id, token, outputsOf({ id, leaseNumber: 1 }))).rejects.toEqual(problem('lease-lost'));
      expect((await tasks.get(id)).state).toBe('queued');
    });

    it('refuses outputs that were not written under this lease of this task', async () => {
      const { store, tasks, id, token } = await leased();
      const [own] = outputsOf({ id, leaseNumber: 1 });
      const { source } = await tasks.get(id);
      const foreign = {
        'of another lease': outputsOf({ id, leaseNumber: 2 })[0]!,
        'of another task': outputsOf({ id: newTask().id, leaseNumber: 1 })[0]!,
        'the source': source,
      };

      for (const [which, output] of Object.entries(foreign)) {
        await expect(store.finish(id, token, [own!, output]), which).rejects.toEqual(problem('invalid-request'));
      }
      expect(await tasks.get(id)).toMatchObject({ state: 'running', outputs: [] });
    });

    it('clears the error of an earlier attempt', async () => {
      const { store, tasks, advance, id, token } = await leased();
      await store.fail(id, token, transient);
      advance(suitePolicy.longestBackoffMs);
      const { token: second, lease } = await leaseNext(store);

      await store.finish(id, second, outputsOf(lease.task));

      expect(await tasks.get(id)).toMatchObject({ state: 'finished', failures: 1, error: null });
    });
  });

  describe('fail', () => {
    it('fails a task for good when the failure is permanent', async () => {
      const { store, tasks, now, id, token } = await leased();

      expect(await store.fail(id, token, permanent)).toEqual({ state: 'failed' });

      expect(await tasks.get(id)).toMatchObject({
        state: 'failed',
        failures: 1,
        error: { code: 'undecodable', detail: 'not a picture', technical: null },
        availableAt: null,
        finishedAt: new Date(now()).toISOString(),
      });
    });

    it('queues a task again after a backoff when the failure is not permanent, and keeps the reason', async () => {
      const { store, tasks, now, advance, id, token } = await leased();

      expect(await store.fail(id, token, transient)).toEqual({ state: 'queued' });

      const task = await tasks.get(id);
      expect(task).toMatchObject({
        state: 'queued',
        failures: 1,
        lostLeases: 0,
        error: { code: 'processing-timeout', detail: 'took too long', technical: 'timeout: 50% complete' },
        finishedAt: null,
      });
      const backoff = Date.parse(task.availableAt!) - now();
      expect(backoff).toBeGreaterThanOrEqual(suitePolicy.firstBackoffMs / 2);
      expect(backoff).toBeLessThanOrEqual(suitePolicy.firstBackoffMs);
      await nobodyGetsATask(store);
      advance(backoff - 1);
      await nobodyGetsATask(store);
      advance(1);
      expect((await leaseNext(store)).lease.task).toMatchObject({ id, availableAt: null, error: task.error });
    });

    it('tells the last failure alone: nothing of an earlier one stays', async () => {
      const { store, tasks, advance, id, token } = await leased();
      await store.fail(id, token, transient);
      advance(suitePolicy.longestBackoffMs);

      await store.fail(id, (await leaseNext(store)).token, permanent);

      expect((await tasks.get(id)).error).toEqual({ code: 'undecodable', detail: 'not a picture', technical: null });
    });

    it('keeps technical words as long as they may be', async () => {
      const { store, tasks, id, token } = await leased();
      const technical = '√'.repeat(1_000);

      await store.fail(id, token, { ...permanent, technical });

      expect((await tasks.get(id)).error).toMatchObject({ technical });
    });

    it('doubles the backoff with every failure, up to the longest', async () => {
      const policy = { firstBackoffMs: 1_000, longestBackoffMs: 3_000, failureLimit: 10 };
      const { store, tasks, now, advance, id, token } = await leased(policy);
      let held = token;

      for (const longest of [1_000, 2_000, 3_000, 3_000]) {
        await store.fail(id, held, transient);
        const backoff = Date.parse((await tasks.get(id)).availableAt!) - now();
        expect(backoff).toBeGreaterThanOrEqual(longest / 2);
        expect(backoff).toBeLessThanOrEqual(longest);
        advance(backoff);
        held = (await leaseNext(store)).token;
      }
    });

    it('fails a task for good at the limit of failures', async () => {
      const { store, tasks, advance, id, token } = await leased({ failureLimit: 3 });
      const settlements: Settlement[] = [await store.fail(id, token, transient)];
      while (settlements.at(-1)!.state === 'queued') {
        advance(suitePolicy.longestBackoffMs);
        settlements.push(await store.fail(id, (await leaseNext(store)).token, transient));
      }

      expect(settlements.map(({ state }) => state)).toEqual(['queued', 'queued', 'failed']);
      expect(await tasks.get(id)).toMatchObject({
        state: 'failed',
        failures: 3,
        error: { code: 'processing-timeout' },
      });
    });

    it('is idempotent by token: repeated, it answers as the first time and counts once', async () => {
      const { store, tasks, advance, id, token } = await leased();
      await store.fail(id, token, transient);
      const waiting = await tasks.get(id);

      expect(await store.fail(id, token, transient)).toEqual({ state: 'queued' });
      expect(await tasks.get(id)).toEqual(waiting);

      advance(suitePolicy.longestBackoffMs);
      const second = await leaseNext(store);
      expect(await store.fail(id, token, transient)).toEqual({ state: 'queued' });
      await store.fail(id, second.token, permanent);
      expect(await store.fail(id, second.token, permanent)).toEqual({ state: 'failed' });
      expect(await store.fail(id, token, transient)).toEqual({ state: 'queued' });
      expect(await tasks.get(id)).toMatchObject({ state: 'failed', failures: 2 });
    });

    it('is refused once the lease is lost, and changes nothing', async () => {
      const harness = await leased();
      const { store, tasks, id, token } = harness;
      await overtake(harness);
      const running = await tasks.get(id);

      await expect(store.fail(id, token, permanent)).rejects.toEqual(problem('lease-lost'));

      expect(await tasks.get(id)).toEqual(running);
    });
  });

  describe('release', () => {
    it('gives the task back at once, and counts against nothing', async () => {
      const { store, tasks, id, token } = await leased();

      expect(await store.release(id, token)).toEqual({ state: 'queued' });

      expect(await tasks.get(id)).toMatchObject({
        state: 'queued',
        leaseNumber: 1,
        failures: 0,
        lostLeases: 0,
        availableAt: null,
        error: null,
      });
      expect((await leaseNext(store)).lease.task.id).toBe(id);
    });

    it('gives the task back to its place in the queue', async () => {
      const { store, tasks, advance, id, token } = await leased();
      advance(1000);
      await tasks.create(newTask());

      await store.release(id, token);

      expect((await leaseNext(store)).lease.task.id).toBe(id);
    });

    it('is idempotent by token: repeated, it takes the task from nobody', async () => {
      const { store, tasks, id, token } = await leased();
      await store.release(id, token);
      await leaseNext(store);
      const running = await tasks.get(id);

      expect(await store.release(id, token)).toEqual({ state: 'queued' });

      expect(await tasks.get(id)).toEqual(running);
    });

    it('is refused once the lease is lost', async () => {
      const harness = await leased();
      await overtake(harness);

      await expect(harness.store.release(harness.id, harness.token)).rejects.toEqual(problem('lease-lost'));
      expect((await harness.tasks.get(harness.id)).state).toBe('running');
    });
  });

  describe('a lease that was settled one way', () => {
    const ways = {
      finish: ({ store, id, token }) => store.finish(id, token, outputsOf({ id, leaseNumber: 1 })),
      fail: ({ store, id, token }) => store.fail(id, token, transient),
      release: ({ store, id, token }) => store.release(id, token),
    } satisfies Record<string, (lease: OpenedLeaseStore & { id: string; token: string }) => Promise<Settlement>>;

    for (const [first, settle] of Object.entries(ways)) {
      for (const [second, settleAgain] of Object.entries(ways).filter(([name]) => name !== first)) {
        it(`cannot be settled another: ${first}, then ${second}`, async () => {
          const harness = await leased();
          await settle(harness);
          const task = await harness.tasks.get(harness.id);

          await expect(settleAgain(harness)).rejects.toEqual(problem('lease-lost'));

          expect(await harness.tasks.get(harness.id)).toEqual(task);
        });
      }
    }
  });

  it('refuses to settle under a token that never held the lease, or a task that is not there', async () => {
    const { store, tasks, id, token } = await leased();
    const running = await tasks.get(id);
    const stranger = newLeaseToken();

    await expect(store.finish(id, stranger, outputsOf({ id, leaseNumber: 1 }))).rejects.toEqual(problem('lease-lost'));
    await expect(store.fail(id, stranger, permanent)).rejects.toEqual(problem('lease-lost'));
    await expect(store.release(id, stranger)).rejects.toEqual(problem('lease-lost'));
    expect(await tasks.get(id)).toEqual(running);

    const nowhere = newTask().id;
    const outputs = outputsOf({ id: nowhere, leaseNumber: 1 });
    await expect(store.finish(nowhere, token, outputs)).rejects.toEqual(problem('task-not-found'));
    await expect(store.fail(nowhere, token, permanent)).rejects.toEqual(problem('task-not-found'));
    await expect(store.release(nowhere, token)).rejects.toEqual(problem('task-not-found'));
  });
}
