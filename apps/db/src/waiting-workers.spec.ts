import { newLeaseToken, type Lease, type LeaseRequest } from '#contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WaitingWorkers } from './waiting-workers.js';

/** Longer than a test may take: who is not woken hangs. */
const waitMs = 60_000;

/** A line in front of `tasks`, from which it hands out; `taken` are the workers that were served. */
function opened(nextAvailableInMs: () => number | null = () => null) {
  const tasks: Lease[] = [];
  const taken: string[] = [];
  const workers = new WaitingWorkers(({ worker }) => {
    const lease = tasks.shift();
    if (lease) taken.push(worker);
    return lease ?? null;
  }, nextAvailableInMs);
  onTestFinished(() => workers.stop());
  return { workers, tasks, taken };
}

function request(worker: string): LeaseRequest {
  return { worker, token: newLeaseToken(), waitMs };
}

/** Stands for a lease: the line hands it on without looking at it. */
function aLease(): Lease {
  return { expiresInMs: 1 } as Lease;
}

describe('WaitingWorkers', () => {
  it('serves as many workers as there are tasks, first come, first served', async () => {
    const { workers, tasks, taken } = opened();
    const [first, second] = [workers.wait(request('first')), workers.wait(request('second'))];
    void workers.wait(request('third'));
    tasks.push(aLease(), aLease());

    workers.wake();

    expect(await Promise.all([first, second])).toEqual([aLease(), aLease()]);
    expect(taken).toEqual(['first', 'second']);
  });

  it('takes no task for a wait that was aborted in this very moment', async () => {
    const { workers, tasks, taken } = opened();
    const controller = new AbortController();
    const abandoned = workers.wait(request('abandoned'), controller.signal);
    const patient = workers.wait(request('patient'));
    tasks.push(aLease());

    controller.abort();
    workers.wake();

    expect(await abandoned).toBeNull();
    expect(await patient).toEqual(aLease());
    expect(taken).toEqual(['patient']);
  });

  it('refuses only the worker whose request is refused', async () => {
    const workers = new WaitingWorkers(
      ({ worker }) => {
        if (worker === 'wrong') throw new Error('this token is used');
        return aLease();
      },
      () => null,
    );
    const [wrong, right] = [workers.wait(request('wrong')), workers.wait(request('right'))];

    workers.wake();

    await expect(wrong).rejects.toThrow('this token is used');
    expect(await right).toEqual(aLease());
  });

  it('wakes by itself when a task becomes available', async () => {
    const { workers, tasks } = opened(() => 5);
    const lease = workers.wait(request('worker'));

    tasks.push(aLease());

    expect(await lease).toEqual(aLease());
  });

  it('answers everybody with nothing when it stops, and whoever comes later', async () => {
    const { workers, tasks, taken } = opened();
    const waits = [workers.wait(request('first')), workers.wait(request('second'))];
    tasks.push(aLease());

    workers.stop();
    workers.stop();
    workers.wake();

    expect(await Promise.all(waits)).toEqual([null, null]);
    expect(await workers.wait(request('late'))).toBeNull();
    expect(taken).toEqual([]);
  });
});
