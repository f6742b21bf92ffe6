import { EventEmitter, once } from 'node:events';
import {
  isFinal,
  Problem,
  taskIdOfKey,
  type Attempt,
  type Created,
  type GetOptions,
  type NewTask,
  type QueueStats,
  type Task,
  type TaskListQuery,
  type TaskPage,
  type TaskState,
  type TaskStore,
} from '#contracts';
import type { SuitePolicy } from '#suites/task-store.harness';
import { MemoryLeases, type HeldTask } from './memory-leases.js';

const aDayMs = 24 * 3_600_000;

interface KnownKey {
  fingerprint: string;
  id: string;
  expiresAt: number;
}

/**
 * A `TaskStore` that keeps everything in memory, with a clock that stands still unless moved. Tasks are copied on their
 * way in and out, as on a wire. Its leases know no long polls.
 */
export class MemoryTaskStore extends MemoryLeases implements TaskStore {
  private readonly gone = new Set<string>();
  private readonly keys = new Map<string, KnownKey>();
  private readonly settled = new EventEmitter().setMaxListeners(0);
  /** How many calls of `get` wait just now. */
  waiting = 0;

  constructor(
    policy?: SuitePolicy,
    private readonly id = 'a task store',
  ) {
    super(policy);
  }

  async create({ idempotency, ...asked }: NewTask): Promise<Created> {
    if (taskIdOfKey(asked.source.key) !== asked.id) throw new Problem('invalid-request', 'source: of another task');
    const key = idempotency && `${asked.owner}\n${idempotency.key}`;
    const known = key ? this.keys.get(key) : undefined;
    const isKnown = known !== undefined && known.expiresAt > this.nowMs;
    if (isKnown && known.fingerprint !== idempotency?.fingerprint) {
      throw new Problem('idempotency-key-reused', 'The key came with another request');
    }
    const id = this.tasks.has(asked.id) || !isKnown ? asked.id : known.id;
    if (this.gone.has(id)) {
      throw isKnown
        ? new Problem('task-deleted', `Task ${id} was deleted`)
        : new Problem('task-gone', `No task can have the id ${id}`, { retryAfterSeconds: 1 });
    }
    const created = !this.tasks.has(id);
    if (created && this.backlog >= this.policy.backlogLimit) {
      throw new Problem('queue-full', 'Too many tasks wait', { retryAfterSeconds: 10 });
    }
    if (created) this.add(asked);
    if (created && key) this.keys.set(key, { ...idempotency, id, expiresAt: this.nowMs + aDayMs });
    return { task: this.shown(id), created };
  }

  async get(id: string, { waitMs = 0, signal }: GetOptions = {}): Promise<Task> {
    const timeout = AbortSignal.timeout(waitMs);
    const ended = AbortSignal.any(signal ? [signal, timeout] : [timeout]);
    this.waiting++;
    try {
      while (!isFinal(this.shown(id).state) && !ended.aborted) {
        await once(this.settled, id, { signal: ended }).catch(() => signal?.throwIfAborted());
      }
    } finally {
      this.waiting--;
    }
    return this.shown(id);
  }

  async attempts(id: string): Promise<Attempt[]> {
    this.shown(id);
    return [];
  }

  async list({ state, owner, after, limit = 50 }: TaskListQuery = {}): Promise<TaskPage> {
    const found = this.all()
      .filter((task) => (!state || task.state === state) && (!owner || task.owner === owner))
      .filter((task) => !after || task.id < after)
      .toSorted((a, b) => (a.id < b.id ? 1 : -1));
    const tasks = found.slice(0, limit);
    return { tasks, next: found.length > limit ? tasks.at(-1)!.id : null };
  }

  async cancel(id: string): Promise<Task> {
    const { state } = this.shown(id);
    if (state === 'finished' || state === 'failed') throw new Problem('wrong-state', `Task ${id} is ${state}`);
    if (state !== 'cancelled') this.move(id, 'cancelled');
    return this.shown(id);
  }

  async retry(id: string): Promise<Task> {
    const { state } = this.shown(id);
    if (state === 'finished') throw new Problem('wrong-state', `Task ${id} is finished`);
    if (isFinal(state)) {
      this.move(id, 'queued', { failures: 0, lostLeases: 0, error: null });
      this.tasks.get(id)!.availableAtMs = this.nowMs;
    }
    return this.shown(id);
  }

  async delete(id: string, revision?: number): Promise<void> {
    const task = this.shown(id);
    if (revision !== undefined && revision !== task.revision) {
      throw new Problem('wrong-state', `Task ${id} has revision ${task.revision}, not ${revision}`);
    }
    this.tasks.delete(id);
    this.gone.add(id);
    this.settled.emit(id);
  }

  async bury(id: string): Promise<void> {
    if (this.tasks.has(id)) throw new Problem('wrong-state', `Task ${id} exists`);
    this.gone.add(id);
  }

  async settledBefore(ageSeconds: number): Promise<Task[]> {
    const before = new Date(this.nowMs - ageSeconds * 1000).toISOString();
    return this.all()
      .filter(({ finishedAt }) => finishedAt !== null && finishedAt <= before)
      .toSorted((a, b) => (a.finishedAt! < b.finishedAt! ? -1 : 1))
      .slice(0, 200);
  }

  async stats(): Promise<QueueStats> {
    const all = [...this.tasks.values()];
    const count = (state: TaskState): number => all.filter(({ task }) => task.state === state).length;
    const waiting = all.filter(({ task }) => task.state === 'queued');
    const delayed = waiting.filter((held) => !this.isAvailable(held)).length;
    const ages = waiting.filter((held) => this.isAvailable(held)).map((held) => this.nowMs - held.availableAtMs);
    return {
      queued: waiting.length - delayed,
      delayed,
      running: count('running'),
      backlog: this.backlog,
      finished: count('finished'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      oldestQueuedAgeSeconds: Math.max(0, ...ages) / 1000,
    };
  }

  async storeId(): Promise<string> {
    return this.id;
  }

  protected override move(id: string, state: TaskState, changes: Partial<Task> = {}): HeldTask {
    const held = super.move(id, state, changes);
    if (isFinal(state)) this.settled.emit(id);
    return held;
  }

  private get backlog(): number {
    return this.all().filter(({ state }) => !isFinal(state)).length;
  }

  private all(): Task[] {
    return [...this.tasks.keys()].map((id) => this.shown(id));
  }
}
