import { newLeaseToken, type Lease } from '#contracts';
import { describe, expect, it, vi } from 'vitest';
import { leaseNext, newTask, permanent, request, transient } from './task-store.fixtures.js';
import { suitePolicy, type OpenedLeaseStore, type OpenForTest } from './task-store.harness.js';

/** Longer than any of these tests may take: who waits for it is woken, or hangs. */
const waitMs = 30_000;

/** Asks for a task, and answers once the store holds the question open. */
async function waitingNext(
  { store, waiting }: OpenedLeaseStore,
  { signal, token = newLeaseToken() }: { signal?: AbortSignal; token?: string } = {},
): Promise<{ token: string; lease: Promise<Lease | null> }> {
  const before = waiting();
  const lease = store.next(request({ token, waitMs }), signal);
  await vi.waitFor(() => expect(waiting()).toBe(before + 1));
  return { token, lease };
}

/** `next` with a wait. */
export function longPolls(opened: OpenForTest<OpenedLeaseStore>): void {
  describe('next with a wait', { timeout: 10_000 }, () => {
    it('is answered at once when there is a task', async () => {
      const { store, tasks } = await opened();
      const { task } = await tasks.create(newTask());

      expect((await store.next(request({ waitMs })))?.task.id).toBe(task.id);
    });

    it('answers null when the wait is over', async () => {
      const { store } = await opened();

      expect(await store.next(request({ waitMs: 20 }))).toBeNull();
    });

    it('is woken by a new task', async () => {
      const harness = await opened();
      const { lease } = await waitingNext(harness);

      const { task } = await harness.tasks.create(newTask());

      expect((await lease)?.task).toMatchObject({ id: task.id, state: 'running' });
    });

    it('is woken by a release', async () => {
      const harness = await opened();
      const { task } = await harness.tasks.create(newTask());
      const first = await leaseNext(harness.store);
      const { lease } = await waitingNext(harness);

      await harness.store.release(task.id, first.token);

      expect((await lease)?.task).toMatchObject({ id: task.id, leaseNumber: 2 });
    });

    it('is woken by a retry', async () => {
      const harness = await opened();
      const { task } = await harness.tasks.create(newTask());
      const first = await leaseNext(harness.store);
      await harness.store.fail(task.id, first.token, permanent);
      const { lease } = await waitingNext(harness);

      await harness.tasks.retry(task.id);

      expect((await lease)?.task).toMatchObject({ id: task.id, leaseNumber: 2 });
    });

    it('is woken by the end of a backoff that began before the wait', async () => {
      const harness = await opened({ firstBackoffMs: 100 });
      const { task } = await harness.tasks.create(newTask());
      const first = await leaseNext(harness.store);
      await harness.store.fail(task.id, first.token, transient);
      const { lease } = await waitingNext(harness);

      harness.advance(100);

      expect((await lease)?.task).toMatchObject({ id: task.id, leaseNumber: 2 });
    });

    it('is woken by the end of a backoff that began during the wait', async () => {
      const harness = await opened({ firstBackoffMs: 100 });
      const { task } = await harness.tasks.create(newTask());
      const first = await leaseNext(harness.store);
      const { lease } = await waitingNext(harness);
      await harness.store.fail(task.id, first.token, transient);

      harness.advance(100);

      expect((await lease)?.task).toMatchObject({ id: task.id, leaseNumber: 2 });
    });

    it('is woken by the end of the backoff of a reclaimed task', async () => {
      const harness = await opened({ firstBackoffMs: 100 });
      const { task } = await harness.tasks.create(newTask());
      await leaseNext(harness.store);
      const { lease } = await waitingNext(harness);
      harness.advance(suitePolicy.leaseMs);
      await harness.store.reclaim();

      harness.advance(100);

      expect((await lease)?.task).toMatchObject({ id: task.id, leaseNumber: 2, lostLeases: 1 });
    });

    it('serves exactly one of two waiting workers with one task, the first that came', async () => {
      const harness = await opened();
      const [first, second] = [await waitingNext(harness), await waitingNext(harness)];

      const { task } = await harness.tasks.create(newTask());

      expect((await first.lease)?.task.id).toBe(task.id);
      expect(harness.waiting()).toBe(1);
      const { task: other } = await harness.tasks.create(newTask());
      expect((await second.lease)?.task.id).toBe(other.id);
    });

    it('takes no task once it is aborted: the task goes to another', async () => {
      const harness = await opened();
      const controller = new AbortController();
      const abandoned = await waitingNext(harness, { signal: controller.signal });
      const patient = await waitingNext(harness);

      controller.abort();
      expect(await abandoned.lease.catch(() => null)).toBeNull();
      await vi.waitFor(() => expect(harness.waiting()).toBe(1));
      const { task } = await harness.tasks.create(newTask());

      expect((await patient.lease)?.task).toMatchObject({ id: task.id, leaseNumber: 1 });
    });

    it('takes no task when it is aborted before it asks', async () => {
      const { store, tasks } = await opened();
      await tasks.create(newTask());

      const lease = store.next(request({ waitMs }), AbortSignal.abort());

      expect(await lease.catch(() => null)).toBeNull();
      expect(await tasks.stats()).toMatchObject({ queued: 1, running: 0 });
    });

    it('gives the same lease to the same token, asking again while its first question still waits', async () => {
      const harness = await opened();
      const token = newLeaseToken();
      const [first, again] = [await waitingNext(harness, { token }), await waitingNext(harness, { token })];

      const { task } = await harness.tasks.create(newTask());

      expect((await first.lease)?.task).toMatchObject({ id: task.id, leaseNumber: 1 });
      expect((await again.lease)?.task).toMatchObject({ id: task.id, leaseNumber: 1 });
    });
  });
}
