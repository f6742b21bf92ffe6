import { newLeaseToken } from '#contracts';
import { describe, expect, it } from 'vitest';
import { leaseNext, newTask, outputsOf, problem, request, transient } from './task-store.fixtures.js';
import { suitePolicy, type OpenedLeaseStore, type OpenForTest } from './task-store.harness.js';

/** `next` without a wait, and `renew`. */
export function leasing(opened: OpenForTest<OpenedLeaseStore>): void {
  describe('next', () => {
    it('leases a task: running, under a new lease number, for the length of a lease', async () => {
      const { store, tasks, now } = await opened();
      const { task: created } = await tasks.create(newTask());

      const lease = await store.next(request());

      expect(lease).toEqual({
        task: {
          ...created,
          state: 'running',
          leaseNumber: 1,
          startedAt: new Date(now()).toISOString(),
          revision: lease!.task.revision,
        },
        expiresInMs: suitePolicy.leaseMs,
      });
      expect(lease!.task.revision).toBeGreaterThan(created.revision);
      expect(await tasks.get(created.id)).toEqual(lease!.task);
    });

    it('answers null when there is no task', async () => {
      const { store } = await opened();

      expect(await store.next(request())).toBeNull();
    });

    it('gives a task to one worker only', async () => {
      const { store, tasks } = await opened();
      await tasks.create(newTask());

      const leases = await Promise.all([store.next(request()), store.next(request()), store.next(request())]);

      expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
    });

    it('takes the highest priority first, then what is available longest, then the smallest id', async () => {
      const { store, tasks, advance } = await opened();
      const [older, newer] = [newTask(), newTask()];
      const late = newTask();
      const [urgent, unimportant] = [newTask({ priority: 100 }), newTask({ priority: -100 })];
      for (const task of [unimportant, newer, older]) await tasks.create(task);
      advance(1000);
      const earlierId = newTask({ id: '01980000-0000-7000-8000-000000000000' });
      for (const task of [late, earlierId, urgent]) await tasks.create(task);

      const order: string[] = [];
      for (let lease = await store.next(request()); lease; lease = await store.next(request()))
        order.push(lease.task.id);

      expect(order).toEqual([urgent, older, newer, earlierId, late, unimportant].map(({ id }) => id));
    });

    it('gives the same lease for the same token, at its full length', async () => {
      const { store, tasks, advance } = await opened();
      await tasks.create(newTask());
      await tasks.create(newTask());
      const token = newLeaseToken();
      const first = await store.next(request({ token }));
      advance(suitePolicy.leaseMs - 1);

      const again = await store.next(request({ token }));

      expect(again).toEqual(first);
      expect(await tasks.stats()).toMatchObject({ queued: 1, running: 1 });
      advance(suitePolicy.leaseMs - 1);
      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    });

    it('refuses a token whose lease is over, whatever ended it', async () => {
      const { store, tasks, advance } = await opened();
      const ends = {
        finish: (id: string, token: string) => store.finish(id, token, outputsOf({ id, leaseNumber: 1 })),
        fail: (id: string, token: string) => store.fail(id, token, transient),
        release: (id: string, token: string) => store.release(id, token),
        cancel: (id: string) => tasks.cancel(id),
        reclaim: async () => {
          advance(suitePolicy.leaseMs);
          await store.reclaim();
        },
      };
      for (const [name, end] of Object.entries(ends)) {
        await tasks.create(newTask());
        const { token, lease } = await leaseNext(store);
        await end(lease.task.id, token);

        await expect(store.next(request({ token })), name).rejects.toEqual(problem('lease-lost'));
        if ((await tasks.get(lease.task.id)).state === 'queued') await tasks.cancel(lease.task.id);
      }
    });

    it('raises the lease number with every lease', async () => {
      const { store, tasks } = await opened();
      await tasks.create(newTask());

      for (const leaseNumber of [1, 2, 3]) {
        const { token, lease } = await leaseNext(store);
        expect(lease.task.leaseNumber).toBe(leaseNumber);
        await store.release(lease.task.id, token);
      }
    });

    it('keeps the time of the first start', async () => {
      const { store, tasks, now, advance } = await opened();
      await tasks.create(newTask());
      const { token, lease } = await leaseNext(store);
      const startedAt = new Date(now()).toISOString();
      await store.release(lease.task.id, token);
      advance(5000);

      expect((await leaseNext(store)).lease.task.startedAt).toBe(startedAt);
    });
  });

  describe('renew', () => {
    it('extends a lease to its full length', async () => {
      const { store, tasks, advance } = await opened();
      await tasks.create(newTask());
      const { token, lease } = await leaseNext(store);
      for (let renewals = 0; renewals < 3; renewals++) {
        advance(suitePolicy.leaseMs - 1);
        expect(await store.renew(lease.task.id, token)).toEqual({ expiresInMs: suitePolicy.leaseMs });
      }
      advance(suitePolicy.leaseMs - 1);

      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    });

    it('tells the stage, and makes a revision only when the stage is another', async () => {
      const { store, tasks } = await opened();
      const { task } = await tasks.create(newTask());
      const { token, lease } = await leaseNext(store);
      const revisionAfter = async (stage?: string): Promise<number> => {
        await store.renew(task.id, token, stage);
        return (await tasks.get(task.id)).revision;
      };

      expect(await revisionAfter()).toBe(lease.task.revision);
      const downloading = await revisionAfter('downloading');
      expect(downloading).toBeGreaterThan(lease.task.revision);
      expect(await revisionAfter('downloading')).toBe(downloading);
      expect(await revisionAfter()).toBe(downloading);
      expect((await tasks.get(task.id)).stage).toBe('downloading');
      expect(await revisionAfter('processing')).toBeGreaterThan(downloading);
      expect((await tasks.get(task.id)).stage).toBe('processing');
    });

    it('forgets the stage when the lease is over', async () => {
      const { store, tasks } = await opened();
      const { task } = await tasks.create(newTask());
      const { token } = await leaseNext(store);
      await store.renew(task.id, token, 'processing');

      await store.release(task.id, token);

      expect((await tasks.get(task.id)).stage).toBeNull();
    });

    it('is refused under a token that does not hold the lease, and for a task that is not there', async () => {
      const { store, tasks } = await opened();
      await tasks.create(newTask());
      const { token, lease } = await leaseNext(store);

      await expect(store.renew(lease.task.id, newLeaseToken())).rejects.toEqual(problem('lease-lost'));
      await expect(store.renew(newTask().id, token)).rejects.toEqual(problem('task-not-found'));
    });

    it('is welcome after the lease ran out, as long as nobody reclaimed it', async () => {
      const { store, tasks, advance } = await opened();
      await tasks.create(newTask());
      const { token, lease } = await leaseNext(store);
      advance(suitePolicy.leaseMs + 1);

      await store.renew(lease.task.id, token);

      expect(await store.reclaim()).toEqual({ reclaimed: 0 });
    });
  });
}
