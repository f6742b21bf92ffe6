import {
  Problem,
  type Failure,
  type FileReference,
  type Lease,
  type LeaseRequest,
  type LeaseStore,
  type NewTask,
  type Reclaimed,
  type Renewal,
  type Settlement,
  type Task,
  type TaskState,
} from '#contracts';
import { suitePolicy, type SuitePolicy } from '#suites/task-store.harness';

export interface HeldTask {
  task: Task;
  availableAtMs: number;
  /** Who holds the lease; null unless running. */
  token: string | null;
  expiresAtMs: number;
}

/** The tasks of a `MemoryTaskStore` in the hands of its workers; without long polls, and no answer is given twice. */
export abstract class MemoryLeases implements LeaseStore {
  protected readonly tasks = new Map<string, HeldTask>();
  private readonly usedTokens = new Set<string>();
  protected nowMs = Date.parse('2026-08-01T12:00:00Z');
  private revision = 0;

  constructor(protected readonly policy: SuitePolicy = suitePolicy) {}

  now(): number {
    return this.nowMs;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  async next({ token }: LeaseRequest): Promise<Lease | null> {
    if (this.usedTokens.has(token)) throw new Problem('lease-lost', 'A token serves once');
    const [first] = [...this.tasks.values()].filter((held) => this.isAvailable(held)).toSorted(byTurn);
    if (!first) return null;
    const { id, leaseNumber, startedAt } = first.task;
    this.move(id, 'running', { leaseNumber: leaseNumber + 1, startedAt: startedAt ?? this.time() });
    this.usedTokens.add(token);
    Object.assign(first, { token, expiresAtMs: this.nowMs + this.policy.leaseMs });
    return { task: this.shown(id), expiresInMs: this.policy.leaseMs };
  }

  async renew(id: string, token: string, stage?: string): Promise<Renewal> {
    const held = this.heldBy(id, token);
    held.expiresAtMs = this.nowMs + this.policy.leaseMs;
    held.task.stage = stage ?? held.task.stage;
    return { expiresInMs: this.policy.leaseMs };
  }

  async finish(id: string, token: string, outputs: FileReference[]): Promise<Settlement> {
    this.heldBy(id, token);
    this.move(id, 'finished', { outputs, error: null });
    return { state: 'finished' };
  }

  async fail(id: string, token: string, { permanent, ...error }: Failure): Promise<Settlement> {
    const failures = this.heldBy(id, token).task.failures + 1;
    const final = permanent || failures >= this.policy.failureLimit;
    if (final) this.move(id, 'failed', { failures, error });
    else this.delay(id, failures, { failures, error });
    return { state: final ? 'failed' : 'queued' };
  }

  async release(id: string, token: string): Promise<Settlement> {
    this.heldBy(id, token);
    this.move(id, 'queued');
    return { state: 'queued' };
  }

  async reclaim(): Promise<Reclaimed> {
    const expired = [...this.tasks.values()].filter((held) => held.token && held.expiresAtMs <= this.nowMs);
    for (const { task } of expired) this.delay(task.id, task.lostLeases + 1, { lostLeases: task.lostLeases + 1 });
    return { reclaimed: expired.length };
  }

  protected add(asked: Omit<NewTask, 'idempotency'>): void {
    const counts = { leaseNumber: 0, failures: 0, lostLeases: 0, revision: ++this.revision };
    const times = { createdAt: this.time(), startedAt: null, finishedAt: null, availableAt: null };
    const task: Task = structuredClone({
      ...asked,
      ...counts,
      ...times,
      state: 'queued',
      outputs: [],
      stage: null,
      error: null,
    });
    this.tasks.set(task.id, { task, availableAtMs: this.nowMs, token: null, expiresAtMs: 0 });
  }

  /** Ends the lease that there may be, under a new revision. */
  protected move(id: string, state: TaskState, changes: Partial<Task> = {}): HeldTask {
    const held = this.tasks.get(id)!;
    const finishedAt = state === 'queued' || state === 'running' ? null : this.time();
    const revision = ++this.revision;
    Object.assign(held.task, { state, stage: null, availableAt: null, finishedAt, revision, ...changes });
    held.token = null;
    return held;
  }

  protected isAvailable({ task, availableAtMs }: HeldTask): boolean {
    return task.state === 'queued' && (task.availableAt === null || availableAtMs <= this.nowMs);
  }

  protected shown(id: string): Task {
    const held = this.tasks.get(id);
    if (!held) throw new Problem('task-not-found', `There is no task ${id}`);
    return structuredClone(held.task);
  }

  private delay(id: string, setbacks: number, changes: Partial<Task>): void {
    const { firstBackoffMs, longestBackoffMs } = this.policy;
    const at = this.nowMs + Math.min(firstBackoffMs * 2 ** (setbacks - 1), longestBackoffMs);
    this.move(id, 'queued', { ...changes, availableAt: new Date(at).toISOString() }).availableAtMs = at;
  }

  private heldBy(id: string, token: string): HeldTask {
    this.shown(id);
    const held = this.tasks.get(id)!;
    if (held.token !== token) throw new Problem('lease-lost', `Task ${id} is not leased under this token`);
    return held;
  }

  private time(): string {
    return new Date(this.nowMs).toISOString();
  }
}

/** Who is leased first. */
function byTurn(a: HeldTask, b: HeldTask): number {
  return b.task.priority - a.task.priority || a.availableAtMs - b.availableAtMs || (a.task.id < b.task.id ? -1 : 1);
}
