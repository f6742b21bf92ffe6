import type { Clock } from '#chassis';
import type { QueueStats, Settlement, TaskState } from '#contracts';
import type { SuitePolicy } from '#suites/task-store.harness';

/** What the model remembers of a task. */
export interface ModelTask {
  id: string;
  priority: number;
  state: TaskState;
  leaseNumber: number;
  failures: number;
  lostLeases: number;
  /** From when a queued task may be leased; `delayed` says whether that is the end of a backoff. */
  availableAt: number;
  delayed: boolean;
  stage: string | null;
  errorCode: string | null;
  /** Who holds the lease, and until when; null unless running. */
  holder: { token: string; expiresAt: number } | null;
}

/** What became of a token's lease: the answer to a repeated call. */
type End = 'finished' | 'retryable' | 'failed' | 'released' | 'over';

/** The answer of the store: what it says, or the code of the problem it throws. */
export type Answer = Settlement['state'] | 'ok' | 'lease-lost' | 'task-not-found' | 'task-gone' | 'wrong-state';

/** The rules of tasks and leases, as plainly as they can be said. Everything happens at the time of the clock. */
export class StoreModel {
  readonly tasks = new Map<string, ModelTask>();
  private readonly buried = new Set<string>();
  /** The task that every token ever leased, and how that lease ended; null while it is held. */
  private readonly leases = new Map<string, { id: string; end: End | null }>();

  constructor(
    private readonly policy: SuitePolicy,
    private readonly clock: Clock,
  ) {}

  create(id: string, priority: number): Answer {
    if (this.tasks.has(id)) return 'ok';
    if (this.buried.has(id)) return 'task-gone';
    const counts = { leaseNumber: 0, failures: 0, lostLeases: 0 };
    const fresh = { delayed: false, stage: null, errorCode: null, holder: null, availableAt: this.clock.now() };
    this.tasks.set(id, { id, priority, state: 'queued', ...counts, ...fresh });
    return 'ok';
  }

  /** The id of the task that is leased, null when none is available, or `lease-lost` for a used token. */
  next(token: string): string | null {
    const known = this.leases.get(token);
    if (known?.end) return 'lease-lost';
    const task = known ? this.tasks.get(known.id)! : this.firstAvailable();
    if (!task) return null;
    if (!known) {
      Object.assign(task, { state: 'running', delayed: false, leaseNumber: task.leaseNumber + 1 });
      this.leases.set(token, { id: task.id, end: null });
    }
    task.holder = { token, expiresAt: this.clock.now() + this.policy.leaseMs };
    return task.id;
  }

  renew(id: string, token: string, stage: string): Answer {
    const task = this.tasks.get(id);
    if (!task) return 'task-not-found';
    if (task.holder?.token !== token) return 'lease-lost';
    task.holder.expiresAt = this.clock.now() + this.policy.leaseMs;
    task.stage = stage;
    return 'ok';
  }

  finish(id: string, token: string): Answer {
    return this.settle(id, token, ['finished'], (task) => {
      this.move(task, 'finished');
      task.errorCode = null;
      return 'finished';
    });
  }

  fail(id: string, token: string, code: string, permanent: boolean): Answer {
    return this.settle(id, token, ['failed', 'retryable'], (task) => {
      task.failures++;
      task.errorCode = code;
      const final = permanent || task.failures >= this.policy.failureLimit;
      this.move(task, final ? 'failed' : 'queued');
      if (!final) this.delay(task, task.failures);
      return final ? 'failed' : 'retryable';
    });
  }

  release(id: string, token: string): Answer {
    return this.settle(id, token, ['released'], (task) => {
      this.move(task, 'queued');
      return 'released';
    });
  }

  /** How many leases are taken back. */
  reclaim(): number {
    const now = this.clock.now();
    const expired = [...this.tasks.values()].filter(
      ({ holder }) => holder && (holder.expiresAt <= now || holder.expiresAt > now + this.policy.leaseMs),
    );
    for (const task of expired) {
      this.endLease(task, 'over');
      task.lostLeases++;
      const final = task.lostLeases >= this.policy.lostLeaseLimit;
      this.move(task, final ? 'failed' : 'queued');
      if (final) task.errorCode = 'lease-lost-too-often';
      else this.delay(task, task.lostLeases);
    }
    return expired.length;
  }

  cancel(id: string): Answer {
    const task = this.tasks.get(id);
    if (!task) return 'task-not-found';
    if (task.state === 'finished' || task.state === 'failed') return 'wrong-state';
    this.endLease(task, 'over');
    this.move(task, 'cancelled');
    return 'ok';
  }

  retry(id: string): Answer {
    const task = this.tasks.get(id);
    if (!task) return 'task-not-found';
    if (task.state === 'finished') return 'wrong-state';
    if (task.state === 'queued' || task.state === 'running') return 'ok';
    this.move(task, 'queued');
    Object.assign(task, { failures: 0, lostLeases: 0, errorCode: null, availableAt: this.clock.now() });
    return 'ok';
  }

  delete(id: string): Answer {
    if (!this.tasks.delete(id)) return 'task-not-found';
    this.buried.add(id);
    // The record of attempts goes with the task, and the tokens in it.
    for (const [token, lease] of this.leases) if (lease.id === id) this.leases.delete(token);
    return 'ok';
  }

  bury(id: string): Answer {
    if (this.tasks.has(id)) return 'wrong-state';
    this.buried.add(id);
    return 'ok';
  }

  stats(): QueueStats {
    const all = [...this.tasks.values()];
    const count = (state: TaskState): number => all.filter((task) => task.state === state).length;
    const delayed = all.filter((task) => task.state === 'queued' && !this.isAvailable(task)).length;
    const now = this.clock.now();
    const ages = all
      .filter((task) => task.state === 'queued' && (!task.delayed || task.availableAt <= now))
      .map(({ availableAt }) => (now - availableAt) / 1000);
    return {
      queued: count('queued') - delayed,
      delayed,
      running: count('running'),
      backlog: count('queued') + count('running'),
      finished: count('finished'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      oldestQueuedAgeSeconds: Math.max(0, ...ages),
    };
  }

  private firstAvailable(): ModelTask | undefined {
    const before = (a: ModelTask, b: ModelTask): number =>
      b.priority - a.priority || a.availableAt - b.availableAt || (a.id < b.id ? -1 : 1);
    return [...this.tasks.values()].filter((task) => this.isAvailable(task)).toSorted(before)[0];
  }

  private isAvailable({ state, delayed, availableAt }: ModelTask): boolean {
    const waitMs = availableAt - this.clock.now();
    return state === 'queued' && (!delayed || waitMs <= 0 || waitMs > this.policy.longestBackoffMs);
  }

  private settle(id: string, token: string, ends: End[], work: (task: ModelTask) => End): Answer {
    const task = this.tasks.get(id);
    if (!task) return 'task-not-found';
    const lease = this.leases.get(token);
    if (lease?.id !== id) return 'lease-lost';
    if (lease.end && !ends.includes(lease.end)) return 'lease-lost';
    const end = lease.end ?? work(task);
    lease.end = end;
    return end === 'finished' || end === 'failed' ? end : 'queued';
  }

  private move(task: ModelTask, state: TaskState): void {
    Object.assign(task, { state, holder: null, stage: null, delayed: false });
  }

  private delay(task: ModelTask, setbacks: number): void {
    const { firstBackoffMs, longestBackoffMs } = this.policy;
    task.delayed = true;
    task.availableAt = this.clock.now() + Math.min(firstBackoffMs * 2 ** (setbacks - 1), longestBackoffMs);
  }

  private endLease({ holder }: ModelTask, end: End): void {
    if (holder) this.leases.get(holder.token)!.end = end;
  }
}
