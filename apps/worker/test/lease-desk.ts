import {
  newLeaseToken,
  newSourceKey,
  Problem,
  type Failure,
  type FileReference,
  type Lease,
  type LeaseRequest,
  type LeaseStore,
  type Reclaimed,
  type Renewal,
  type Settlement,
  type Task,
} from '#contracts';
import { v7 } from 'uuid';

/** What a worker said of a task at last. */
export type Said = { finished: FileReference[] } | { failed: Failure } | { released: true };

/**
 * Master, as a worker sees it: hands out the tasks that a test offers, and keeps what the worker says of them. A lease
 * lasts until the task is settled, or taken away by the test. The store's own rules are tested where the store is.
 */
export class LeaseDesk implements LeaseStore {
  /** How the tasks were settled, by id; a task that nobody settled is not in it. */
  readonly settled = new Map<string, Said>();
  /** Every call that came, as its name. */
  readonly calls: string[] = [];
  readonly stages: string[] = [];
  /** While true, master cannot be reached. */
  away = false;
  leaseMs = 30_000;
  private readonly offered: Task[] = [];
  private readonly held = new Map<string, { task: Task; token: string }>();
  private readonly usedTokens = new Set<string>();
  private wake = Promise.withResolvers<void>();

  offer(...tasks: Task[]): void {
    this.offered.push(...tasks);
    this.wake.resolve();
    this.wake = Promise.withResolvers();
  }

  /** Leases a task without being asked. */
  lease(task: Task): { lease: Lease; token: string } {
    const token = newLeaseToken();
    return { lease: this.give(task, token), token };
  }

  /** Ends a lease as a cancellation or a reclaim does. */
  takeAway(id: string): void {
    this.held.delete(id);
  }

  async next({ token, waitMs }: LeaseRequest, signal?: AbortSignal): Promise<Lease | null> {
    this.arrive('next');
    const again = [...this.held.values()].find((lease) => lease.token === token);
    if (again) return { task: again.task, expiresInMs: this.leaseMs };
    if (this.usedTokens.has(token)) throw new Problem('lease-lost', 'A token serves once');
    if (waitMs === 0 && this.offered.length === 0) return null;
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => undefined);
    signal?.addEventListener('abort', () => aborted.reject(signal.reason as Error));
    while (this.offered.length === 0) await Promise.race([this.wake.promise, aborted.promise]);
    return this.give(this.offered.shift()!, token);
  }

  async renew(id: string, token: string, stage?: string): Promise<Renewal> {
    this.arrive('renew');
    this.requireLease(id, token);
    if (stage) this.stages.push(stage);
    return { expiresInMs: this.leaseMs };
  }

  async finish(id: string, token: string, outputs: FileReference[]): Promise<Settlement> {
    this.arrive('finish');
    this.settle(id, token, { finished: outputs });
    return { state: 'finished' };
  }

  async fail(id: string, token: string, failure: Failure): Promise<Settlement> {
    this.arrive('fail');
    this.settle(id, token, { failed: failure });
    return { state: failure.permanent ? 'failed' : 'queued' };
  }

  async release(id: string, token: string): Promise<Settlement> {
    this.arrive('release');
    this.settle(id, token, { released: true });
    return { state: 'queued' };
  }

  async reclaim(): Promise<Reclaimed> {
    this.arrive('reclaim');
    return { reclaimed: 0 };
  }

  private give(task: Task, token: string): Lease {
    this.usedTokens.add(token);
    this.held.set(task.id, { task, token });
    return { task, expiresInMs: this.leaseMs };
  }

  private arrive(call: string): void {
    this.calls.push(call);
    if (this.away) throw unavailable();
  }

  private settle(id: string, token: string, said: Said): void {
    this.requireLease(id, token);
    this.held.delete(id);
    this.settled.set(id, said);
  }

  private requireLease(id: string, token: string): void {
    if (this.held.get(id)?.token !== token)
      throw new Problem('lease-lost', `Task ${id} is not leased under this token`);
  }
}

export function unavailable(): Problem {
  return new Problem('service-unavailable', 'cannot be reached', { retryAfterSeconds: 1 });
}

/** A running task, as it comes with a lease. */
export function runningTask(chosen: Partial<Task> = {}): Task {
  const id = v7();
  const sha256 = '0'.repeat(64);
  return {
    id,
    owner: '',
    state: 'running',
    priority: 0,
    recipe: { outputs: { image: { operations: [{ negate: {} }], format: 'same' } } },
    labels: {},
    source: { key: newSourceKey(id), size: 0, type: 'image/png', sha256, name: 'photo.png', width: null, height: null },
    outputs: [],
    leaseNumber: 1,
    failures: 0,
    lostLeases: 0,
    stage: null,
    availableAt: null,
    error: null,
    traceContext: null,
    revision: 1,
    createdAt: '2026-08-01T12:00:00.000Z',
    startedAt: '2026-08-01T12:00:00.000Z',
    finishedAt: null,
    ...chosen,
  };
}
