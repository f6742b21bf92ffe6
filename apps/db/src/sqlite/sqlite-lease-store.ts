import {
  isFinal,
  leaseNumberOfKey,
  Problem,
  taskIdOfKey,
  type AttemptOutcome,
  type Failure,
  type FileReference,
  type Lease,
  type LeaseRequest,
  type LeaseStore,
  type Reclaimed,
  type Renewal,
  type Settlement,
  type TaskError,
} from '#contracts';
import type { Clock } from '#chassis';
import { backoffMs, type TaskPolicy } from '../task-policy.js';
import { SettlementWatch } from '../settlement-watch.js';
import type { Standstill } from '../standstill.js';
import { WaitingWorkers } from '../waiting-workers.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { taskOfRow, type AttemptRow, type TaskRow } from './task-row.js';

/** What a settled lease leaves behind in its task, whatever became of it. */
const endLease = 'lease_token = NULL, lease_expires_at = NULL, stage = NULL';

/** The error of a task is written and cleared as a whole: no words of an earlier one stay beside it. */
const setError = 'error_code = $code, error_detail = $detail, error_technical = $technical';
export const clearError = 'error_code = NULL, error_detail = NULL, error_technical = NULL';

/**
 * The lease half of the task store.
 *
 * Every transition is one transaction around one compare-and-set; waiting workers and watchers hear of it after the
 * commit. All methods run to their end without yielding to the event loop, so nothing comes between them.
 */
export class SqliteLeaseStore implements LeaseStore {
  protected readonly settlements = new SettlementWatch();
  private readonly workers = new WaitingWorkers(
    (request) => this.lease(request),
    () => this.nextAvailableInMs(),
  );
  private leasesExtended = false;

  constructor(
    protected readonly database: SqliteDatabase,
    protected readonly policy: TaskPolicy,
    protected readonly clock: Clock,
    private readonly random: () => number = Math.random,
    private readonly standstill?: Standstill,
  ) {}

  async next(request: LeaseRequest, signal?: AbortSignal): Promise<Lease | null> {
    if (signal?.aborted) return null;
    const lease = this.lease(request);
    return lease ?? (request.waitMs > 0 ? this.workers.wait(request, signal) : null);
  }

  async renew(id: string, token: string, stage?: string): Promise<Renewal> {
    const { leaseMs } = this.policy;
    this.database.transaction(() => {
      const row = this.database.get<TaskRow>(
        'UPDATE tasks SET lease_expires_at = $expiresAt WHERE id = $id AND lease_token = $token RETURNING *',
        { id, token, expiresAt: this.clock.now() + leaseMs },
      );
      if (!row) throw this.notHeld(id);
      if (stage === undefined || stage === row.stage) return;
      this.database.run('UPDATE tasks SET stage = $stage, revision = $revision WHERE id = $id', {
        id,
        stage,
        revision: this.nextRevision(),
      });
    });
    return { expiresInMs: leaseMs };
  }

  async finish(id: string, token: string, outputs: FileReference[]): Promise<Settlement> {
    return this.settle(id, token, ['finished'], (row, now) => {
      const foreign = outputs.find(({ key }) => taskIdOfKey(key) !== id || leaseNumberOfKey(key) !== row.lease_number);
      if (foreign) throw new Problem('invalid-request', `outputs: ${foreign.key} was not written under this lease`);
      this.update(id, `state = 'finished', outputs = $outputs, finished_at = $now, ${clearError}, ${endLease}`, {
        outputs: JSON.stringify(outputs),
        now,
      });
      return { outcome: 'finished', errorCode: null };
    });
  }

  async fail(id: string, token: string, { permanent, ...error }: Failure): Promise<Settlement> {
    return this.settle(id, token, ['failed', 'retryable'], (row, now) => {
      const failures = row.failures + 1;
      const final = permanent || failures >= this.policy.failureLimit;
      if (final) {
        this.update(id, `state = 'failed', failures = $failures, finished_at = $now, ${setError}, ${endLease}`, {
          failures,
          now,
          ...error,
        });
      } else {
        this.update(
          id,
          `state = 'queued', failures = $failures, delayed = 1, available_at = $availableAt, ${setError}, ${endLease}`,
          { failures, availableAt: now + this.backoff(failures), ...error },
        );
      }
      return { outcome: final ? 'failed' : 'retryable', errorCode: error.code };
    });
  }

  async release(id: string, token: string): Promise<Settlement> {
    return this.settle(id, token, ['released'], () => {
      this.update(id, `state = 'queued', ${endLease}`, {});
      return { outcome: 'released', errorCode: null };
    });
  }

  async reclaim(): Promise<Reclaimed> {
    this.extendLeases();
    this.makeUpForStandstill();
    const now = this.clock.now();
    const expired = this.database.transaction(() => {
      const rows = this.database.all<TaskRow>(
        `SELECT * FROM tasks INDEXED BY tasks_leased
          WHERE state = 'running' AND (lease_expires_at <= $now OR lease_expires_at > $latest)`,
        { now, latest: now + this.policy.leaseMs },
      );
      for (const row of rows) this.loseLease(row, now);
      return rows;
    });
    for (const { id } of expired) this.announce(id);
    return { reclaimed: expired.length };
  }

  /** Ends all waits, for the shutdown. */
  stop(): void {
    this.workers.stop();
    this.settlements.stop();
    this.standstill?.stop();
  }

  /**
   * While db was away nobody could renew: every open lease gets its full length anew, once, before any is reclaimed.
   * @throws DiskFull
   */
  protected extendLeases(): void {
    if (this.leasesExtended) return;
    const expiresAt = this.clock.now() + this.policy.leaseMs;
    this.database.transaction(() =>
      this.database.run(`UPDATE tasks SET lease_expires_at = $expiresAt WHERE state = 'running'`, { expiresAt }),
    );
    this.leasesExtended = true;
  }

  /**
   * While db stood still nobody could renew, so no lease ran. One that was set under another clock stays as it is:
   * reclaim knows it by its length.
   */
  private makeUpForStandstill(): void {
    const lostMs = this.standstill?.ms;
    if (!lostMs) return;
    const longest = this.clock.now() + this.policy.leaseMs;
    this.database.transaction(() =>
      this.database.run(
        `UPDATE tasks SET lease_expires_at = min(lease_expires_at + $lostMs, $longest)
          WHERE state = 'running' AND lease_expires_at <= $longest`,
        { lostMs: Math.ceil(lostMs), longest },
      ),
    );
    this.standstill?.madeUp();
  }

  /** Tells those who wait what has become of a task. */
  protected announce(id: string): void {
    const row = this.find(id);
    if (row?.state === 'queued') this.workers.wake();
    if (!row || isFinal(row.state)) this.settlements.settled(id);
  }

  protected find(id: string): TaskRow | undefined {
    return this.database.get<TaskRow>('SELECT * FROM tasks WHERE id = $id', { id });
  }

  /** Changes a task that the transaction has just read, under a new revision. */
  protected update(id: string, assignments: string, values: Record<string, string | number | null>): void {
    this.database.run(`UPDATE tasks SET revision = $revision, ${assignments} WHERE id = $id`, {
      id,
      revision: this.nextRevision(),
      ...values,
    });
  }

  protected nextRevision(): number {
    return this.database.get<{ revision: number }>('UPDATE store SET revision = revision + 1 RETURNING revision')!
      .revision;
  }

  protected endAttempt(token: string, outcome: AttemptOutcome, endedAt: number, errorCode: string | null = null): void {
    this.database.run(
      'UPDATE attempts SET ended_at = $endedAt, outcome = $outcome, error_code = $errorCode WHERE token = $token',
      { token, outcome, endedAt, errorCode },
    );
  }

  protected notFound(id: string): Problem {
    return new Problem('task-not-found', `There is no task ${id}`);
  }

  private lease({ worker, token }: LeaseRequest): Lease | null {
    return this.database.transaction(() => {
      const now = this.clock.now();
      const used = this.database.get<AttemptRow>('SELECT * FROM attempts WHERE token = $token', { token });
      const row = used ? this.leaseAgain(used, now) : this.leaseNext(token, now);
      if (!row) return null;
      if (!used) {
        this.database.run(
          'INSERT INTO attempts (token, task_id, lease_number, worker, began_at) VALUES ($token, $id, $leaseNumber, $worker, $now)',
          { token, id: row.id, leaseNumber: row.lease_number, worker, now },
        );
      }
      return { task: taskOfRow(row), expiresInMs: this.policy.leaseMs };
    });
  }

  /** The same lease for the same token, at its full length: the answer to the first request was lost. */
  private leaseAgain(attempt: AttemptRow, now: number): TaskRow {
    const row = this.database.get<TaskRow>(
      'UPDATE tasks SET lease_expires_at = $expiresAt WHERE id = $id AND lease_token = $token RETURNING *',
      { id: attempt.task_id, token: attempt.token, expiresAt: now + this.policy.leaseMs },
    );
    if (!row) throw new Problem('lease-lost', 'The lease under this token is over, and a token serves once');
    return row;
  }

  private leaseNext(token: string, now: number): TaskRow | undefined {
    const { leaseMs, longestBackoffMs } = this.policy;
    // Left to itself, SQLite takes the index by state, and sorts the whole queue for every lease.
    const next = this.database.get<{ id: string }>(
      `SELECT id FROM tasks INDEXED BY tasks_next
        WHERE state = 'queued' AND (delayed = 0 OR available_at <= $now OR available_at > $latest)
        ORDER BY priority DESC, available_at, id LIMIT 1`,
      { now, latest: now + longestBackoffMs },
    );
    if (!next) return undefined;
    this.update(
      next.id,
      `state = 'running', delayed = 0, lease_number = lease_number + 1, lease_token = $token,
       lease_expires_at = $expiresAt, started_at = coalesce(started_at, $now)`,
      { token, now, expiresAt: now + leaseMs },
    );
    return this.find(next.id);
  }

  /**
   * One worker's write: changes the task while the token holds its lease. Repeated, it answers as the first time when
   * the attempt ended in one of the `outcomes` that this write can have.
   */
  private settle(
    id: string,
    token: string,
    outcomes: AttemptOutcome[],
    change: (row: TaskRow, now: number) => { outcome: AttemptOutcome; errorCode: string | null },
  ): Settlement {
    const { outcome, repeated } = this.database.transaction(() => {
      const row = this.database.get<TaskRow>('SELECT * FROM tasks WHERE id = $id AND lease_token = $token', {
        id,
        token,
      });
      if (!row) return { outcome: this.outcomeOf(id, token, outcomes), repeated: true };
      const now = this.clock.now();
      const ended = change(row, now);
      this.endAttempt(token, ended.outcome, now, ended.errorCode);
      return { outcome: ended.outcome, repeated: false };
    });
    if (!repeated) this.announce(id);
    return { state: outcome === 'finished' || outcome === 'failed' ? outcome : 'queued' };
  }

  private outcomeOf(id: string, token: string, outcomes: AttemptOutcome[]): AttemptOutcome {
    const attempt = this.database.get<AttemptRow>('SELECT * FROM attempts WHERE token = $token AND task_id = $id', {
      id,
      token,
    });
    if (attempt?.outcome && outcomes.includes(attempt.outcome)) return attempt.outcome;
    throw this.notHeld(id);
  }

  private loseLease(row: TaskRow, now: number): void {
    const lostLeases = row.lost_leases + 1;
    if (lostLeases >= this.policy.lostLeaseLimit) {
      this.update(row.id, `state = 'failed', lost_leases = $lostLeases, finished_at = $now, ${setError}, ${endLease}`, {
        lostLeases,
        now,
        ...lostTooOften(lostLeases),
      });
    } else {
      this.update(
        row.id,
        `state = 'queued', lost_leases = $lostLeases, delayed = 1, available_at = $availableAt, ${endLease}`,
        { lostLeases, availableAt: now + this.backoff(lostLeases) },
      );
    }
    this.endAttempt(row.lease_token!, 'lease-lost', now);
  }

  /** The answer to a token that holds no lease. */
  private notHeld(id: string): Problem {
    if (!this.find(id)) return this.notFound(id);
    return new Problem('lease-lost', `Task ${id} is not leased under this token any more`);
  }

  private nextAvailableInMs(): number | null {
    const { at } = this.database.get<{ at: number | null }>(
      `SELECT min(available_at) AS at FROM tasks WHERE state = 'queued' AND delayed = 1`,
    )!;
    if (at === null) return null;
    const inMs = at - this.clock.now();
    return inMs > this.policy.longestBackoffMs ? 0 : inMs;
  }

  private backoff(setbacks: number): number {
    return backoffMs(this.policy, setbacks, this.random());
  }
}

function lostTooOften(lostLeases: number): TaskError {
  const detail = `${lostLeases} workers lost their lease while they worked on it`;
  return { code: 'lease-lost-too-often', detail, technical: null };
}
