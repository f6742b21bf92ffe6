import type { FileReference } from '../file/file-reference.js';
import type { Failure, Lease, LeaseRequest, Reclaimed, Renewal, Settlement } from './lease.js';

/**
 * What a worker needs of the task store. Every call names its lease by the worker's own token and is idempotent by it:
 * repeated after a lost answer, it answers as the first time. `task-not-found` and `lease-lost` both mean "settled,
 * stop": the task was cancelled, deleted, or reclaimed.
 */
export interface LeaseStore {
  /**
   * Leases the first available task: by priority, then by the time from which it is available, then by id. Null when
   * none came within `waitMs`. An aborted wait takes no task.
   * @throws Problem `lease-lost` when the token's lease is over: a token serves once.
   */
  next(request: LeaseRequest, signal?: AbortSignal): Promise<Lease | null>;
  /** Extends the lease to its full length. `stage` says what the worker is doing. */
  renew(id: string, token: string, stage?: string): Promise<Renewal>;
  /** Publishes the outputs. Only the token counts: a late finish that nobody overtook is welcome. */
  finish(id: string, token: string, outputs: FileReference[]): Promise<Settlement>;
  /** Gives up an attempt: tried again after a backoff unless permanent or failed too often. */
  fail(id: string, token: string, failure: Failure): Promise<Settlement>;
  /** Gives the task back at once; counts against nothing. */
  release(id: string, token: string): Promise<Settlement>;
  /** Takes back every expired lease. Safe at any time, from anywhere, any number of times. */
  reclaim(): Promise<Reclaimed>;
}
