import { randomUUID } from 'node:crypto';
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
import { Clock } from '#chassis';
import { Logger } from '@nestjs/common';
import type { Standstill } from '../standstill.js';
import type { TaskPolicy } from '../task-policy.js';
import { DiskFull, SqliteDatabase } from './sqlite-database.js';
import { clearError, SqliteLeaseStore } from './sqlite-lease-store.js';
import { attemptOfRow, taskOfRow, type AttemptRow, type TaskRow } from './task-row.js';

const idempotencyKeyLifeMs = 24 * 3_600_000;
const tombstoneLifeMs = 7 * 24 * 3_600_000;
const purgeLimit = 100;
/** A store in memory forgets all its tasks, and stays the same store: nobody is to take it for a stranger. */
const memoryStoreId = 'memory';

/** The task store in an SQLite file: durable on one machine, without any server. */
export class SqliteTaskStore extends SqliteLeaseStore implements TaskStore {
  readonly id: string;
  private readonly logger = new Logger(SqliteTaskStore.name);

  /**
   * @param file null keeps the tasks in memory
   * @param standstill the time by which no lease ran; without it, leases run by `clock` alone
   */
  constructor(file: string | null, policy: TaskPolicy, clock: Clock, random?: () => number, standstill?: Standstill) {
    super(new SqliteDatabase(file), policy, clock, random, standstill);
    this.database.run('INSERT INTO store VALUES (1, $id, 0) ON CONFLICT DO NOTHING', {
      id: file === null ? memoryStoreId : randomUUID(),
    });
    this.id = this.database.get<{ id: string }>('SELECT id FROM store')!.id;
    this.extendLeasesIfRoom();
  }

  async create(task: NewTask): Promise<Created> {
    if (taskIdOfKey(task.source.key) !== task.id) {
      throw new Problem('invalid-request', `source: ${task.source.key} does not belong to task ${task.id}`);
    }
    const { id, created } = this.make(() => {
      const known = this.find(task.id) ? task.id : this.taskOfKey(task);
      if (known) return { id: known, created: false };
      if (this.isBuried(task.id)) throw gone(task.id);
      this.requireRoom();
      this.insert(task);
      return { id: task.id, created: true };
    });
    if (created) this.announce(id);
    const row = this.find(id);
    if (!row) throw new Problem('task-deleted', `Task ${id}, of this idempotency key, was deleted`);
    return { task: taskOfRow(row), created };
  }

  async get(id: string, { waitMs = 0, signal }: GetOptions = {}): Promise<Task> {
    const row = this.find(id);
    if (row && waitMs > 0 && !isFinal(row.state)) {
      await this.settlements.wait(id, waitMs, signal);
      return this.get(id);
    }
    if (!row) throw this.notFound(id);
    return taskOfRow(row);
  }

  async attempts(id: string): Promise<Attempt[]> {
    await this.get(id);
    return this.database
      .all<AttemptRow>('SELECT * FROM attempts WHERE task_id = $id ORDER BY lease_number', { id })
      .map(attemptOfRow);
  }

  async list({ state, owner, after, limit = 50 }: TaskListQuery = {}): Promise<TaskPage> {
    const conditions = [
      ...(state === undefined ? [] : ['state = $state']),
      ...(owner === undefined ? [] : ['owner = $owner']),
      ...(after === undefined ? [] : ['id < $after']),
    ];
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const rows = this.database.all<TaskRow>(`SELECT * FROM tasks ${where} ORDER BY id DESC LIMIT $limit`, {
      ...(state !== undefined && { state }),
      ...(owner !== undefined && { owner }),
      ...(after !== undefined && { after }),
      limit: limit + 1,
    });
    const tasks = rows.slice(0, limit).map(taskOfRow);
    return { tasks, next: rows.length > limit ? tasks.at(-1)!.id : null };
  }

  async cancel(id: string): Promise<Task> {
    return this.change(id, (row, now) => {
      if (row.state === 'cancelled') return;
      if (isFinal(row.state)) throw new Problem('wrong-state', `Task ${id} is ${row.state} already`);
      if (row.lease_token) this.endAttempt(row.lease_token, 'cancelled', now);
      this.update(
        id,
        `state = 'cancelled', delayed = 0, finished_at = $now, lease_token = NULL, lease_expires_at = NULL, stage = NULL`,
        { now },
      );
    });
  }

  async retry(id: string): Promise<Task> {
    return this.change(id, (row, now) => {
      if (row.state === 'queued' || row.state === 'running') return;
      if (row.state === 'finished')
        throw new Problem('wrong-state', `Task ${id} is finished: there is nothing to retry`);
      this.update(
        id,
        `state = 'queued', failures = 0, lost_leases = 0, available_at = $now, finished_at = NULL, ${clearError}`,
        { now },
      );
    });
  }

  async delete(id: string, revision?: number): Promise<void> {
    this.database.transaction(() => {
      const row = this.find(id);
      if (!row) throw this.notFound(id);
      if (revision !== undefined && row.revision !== revision) {
        throw new Problem('wrong-state', `Task ${id} has changed: it has revision ${row.revision}, not ${revision}`);
      }
      this.database.run('DELETE FROM tasks WHERE id = $id', { id });
      this.addTombstone(id);
    });
    this.announce(id);
  }

  async bury(id: string): Promise<void> {
    this.database.transaction(() => {
      if (this.find(id)) throw new Problem('wrong-state', `Task ${id} exists`);
      if (!this.isBuried(id)) this.addTombstone(id);
    });
  }

  async settledBefore(ageSeconds: number): Promise<Task[]> {
    return this.database
      .all<TaskRow>('SELECT * FROM tasks WHERE finished_at <= $before ORDER BY finished_at LIMIT 200', {
        before: this.clock.now() - ageSeconds * 1000,
      })
      .map(taskOfRow);
  }

  async stats(): Promise<QueueStats> {
    const now = this.clock.now();
    const counts = this.database.all<{ state: TaskState; count: number }>('SELECT state, count FROM task_counts');
    const count = Object.fromEntries(counts.map((row) => [row.state, row.count])) as Record<TaskState, number>;
    const { delayed } = this.database.get<{ delayed: number }>(
      `SELECT count(*) AS delayed FROM tasks
        WHERE state = 'queued' AND delayed = 1 AND available_at > $now AND available_at <= $latest`,
      { now, latest: now + this.policy.longestBackoffMs },
    )!;
    const { oldest } = this.database.get<{ oldest: number | null }>(
      `SELECT min(at) AS oldest FROM (
         SELECT min(available_at) AS at FROM tasks WHERE state = 'queued' AND delayed = 0 UNION ALL
         SELECT min(available_at) FROM tasks WHERE state = 'queued' AND delayed = 1 AND available_at <= $now)`,
      { now },
    )!;
    return {
      queued: count.queued - delayed,
      delayed,
      running: count.running,
      backlog: count.queued + count.running,
      finished: count.finished,
      failed: count.failed,
      cancelled: count.cancelled,
      oldestQueuedAgeSeconds: oldest === null ? 0 : Math.max(0, (now - oldest) / 1000),
    };
  }

  async storeId(): Promise<string> {
    return this.id;
  }

  /**
   * Forgets idempotency keys and tombstones past their time: some of each, so that nobody waits for long.
   * @returns whether more are left
   */
  purge(): boolean {
    const now = this.clock.now();
    return this.database.transaction(() => {
      const keys = this.database.run(
        `DELETE FROM idempotency_keys WHERE (owner, key) IN
           (SELECT owner, key FROM idempotency_keys WHERE expires_at <= $now ORDER BY expires_at LIMIT $limit)`,
        { now, limit: purgeLimit },
      );
      const tombstones = this.database.run(
        `DELETE FROM tombstones WHERE id IN
           (SELECT id FROM tombstones WHERE deleted_at <= $before ORDER BY deleted_at LIMIT $limit)`,
        { before: now - tombstoneLifeMs, limit: purgeLimit },
      );
      return keys === purgeLimit || tombstones === purgeLimit;
    });
  }

  close(): void {
    this.stop();
    this.database.close();
  }

  /** A full disk refuses what must be written, and no more: what is there can be read, after a restart too. */
  private extendLeasesIfRoom(): void {
    try {
      this.extendLeases();
    } catch (error) {
      if (!(error instanceof DiskFull)) throw error;
      this.logger.warn(`${error.detail}: tasks can be read; open leases are extended once there is room`);
    }
  }

  private change(id: string, work: (row: TaskRow, now: number) => void): Task {
    this.database.transaction(() => {
      const row = this.find(id);
      if (!row) throw this.notFound(id);
      work(row, this.clock.now());
    });
    this.announce(id);
    return taskOfRow(this.find(id)!);
  }

  /** A task for which there is no room is refused at once: its source can go, and the client knows what to do. */
  private make<Result>(work: () => Result): Result {
    try {
      return this.database.transaction(work);
    } catch (error) {
      throw error instanceof DiskFull
        ? new Problem('storage-full', 'There is no room for the task', { retryAfterSeconds: 10, cause: error })
        : error;
    }
  }

  private insert({ id, owner, priority, recipe, labels, source, traceContext, idempotency }: NewTask): void {
    const now = this.clock.now();
    this.database.run(
      `INSERT INTO tasks (id, owner, state, priority, recipe, labels, source, available_at, trace_context, revision, created_at)
       VALUES ($id, $owner, 'queued', $priority, $recipe, $labels, $source, $now, $traceContext, $revision, $now)`,
      {
        id,
        owner,
        priority,
        recipe: JSON.stringify(recipe),
        labels: JSON.stringify(labels),
        source: JSON.stringify(source),
        traceContext,
        now,
        revision: this.nextRevision(),
      },
    );
    if (!idempotency) return;
    this.database.run('INSERT OR REPLACE INTO idempotency_keys VALUES ($owner, $key, $fingerprint, $id, $expiresAt)', {
      owner,
      id,
      ...idempotency,
      expiresAt: now + idempotencyKeyLifeMs,
    });
  }

  /** The task that an idempotency key stands for, which may be deleted; undefined for a new key. */
  private taskOfKey({ owner, idempotency }: NewTask): string | undefined {
    if (!idempotency) return undefined;
    const { key, fingerprint } = idempotency;
    const known = this.database.get<{ fingerprint: string; task_id: string }>(
      'SELECT fingerprint, task_id FROM idempotency_keys WHERE owner = $owner AND key = $key AND expires_at > $now',
      { owner, key, now: this.clock.now() },
    );
    if (known && known.fingerprint !== fingerprint) {
      throw new Problem(
        'idempotency-key-reused',
        `The key "${key}" came with another request within the last 24 hours`,
      );
    }
    return known?.task_id;
  }

  /** Looked at last: what was accepted once is answered however long the queue is. */
  private requireRoom(): void {
    const { backlog } = this.database.get<{ backlog: number }>(
      `SELECT sum(count) AS backlog FROM task_counts WHERE state = 'queued' OR state = 'running'`,
    )!;
    if (backlog < this.policy.backlogLimit) return;
    throw new Problem('queue-full', `${backlog} tasks wait for a worker or are at work`, { retryAfterSeconds: 10 });
  }

  private isBuried(id: string): boolean {
    return this.database.get('SELECT 1 FROM tombstones WHERE id = $id', { id }) !== undefined;
  }

  private addTombstone(id: string): void {
    this.database.run('INSERT INTO tombstones VALUES ($id, $revision, $now)', {
      id,
      revision: this.nextRevision(),
      now: this.clock.now(),
    });
  }
}

function gone(id: string): Problem {
  return new Problem('task-gone', `No task can have the id ${id} any more`, { retryAfterSeconds: 1 });
}
