import type { LeaseStore } from '../lease/lease-store.js';
import type { Attempt, NewTask, Task } from './task.js';
import type { TaskState } from './task-state.js';

export interface Created {
  task: Task;
  /** False when the task was there already: the same id again, or the same idempotency key. */
  created: boolean;
}

export interface GetOptions {
  /** Wait up to this long for a final state, in milliseconds; at most `longestWaitMs`. */
  waitMs?: number;
  signal?: AbortSignal;
}

export interface TaskListQuery {
  state?: TaskState;
  owner?: string;
  /** The cursor of the page before. */
  after?: string;
  /** At most this many, 1 to 200; 50 when not said. */
  limit?: number;
}

export interface TaskPage {
  /** Newest first. */
  tasks: Task[];
  /** Pass as `after` for the next page; null on the last one. */
  next: string | null;
}

/** The queue in numbers. */
export interface QueueStats {
  /** May be leased now. */
  queued: number;
  /** Waiting for their backoff to end. */
  delayed: number;
  running: number;
  /** `queued + delayed + running`: what autoscalers scale on, so that the last running task is not abandoned. */
  backlog: number;
  finished: number;
  failed: number;
  cancelled: number;
  /** Age of the oldest task that waits for a worker; 0 when none does. */
  oldestQueuedAgeSeconds: number;
}

/** All that master needs of the task store. Every change is one compare-and-set; see `doc/task-states.md`. */
export interface TaskStore extends LeaseStore {
  /**
   * Makes a task, `queued`. Idempotent by id and by idempotency key.
   * @throws Problem `task-gone` for an id that was buried or deleted: another one may succeed; `task-deleted` for a key
   * whose task was deleted; `idempotency-key-reused`; `queue-full` for a new task beyond the limit; `storage-full`.
   */
  create(task: NewTask): Promise<Created>;
  /** @throws Problem `task-not-found` */
  get(id: string, options?: GetOptions): Promise<Task>;
  /** Every lease of the task, first to last. @throws Problem `task-not-found` */
  attempts(id: string): Promise<Attempt[]>;
  list(query?: TaskListQuery): Promise<TaskPage>;
  /** `queued | running → cancelled`; repeating it changes nothing. @throws Problem `task-not-found`, `wrong-state` */
  cancel(id: string): Promise<Task>;
  /** `failed | cancelled → queued`, with a clean count of failures. @throws Problem `task-not-found`, `wrong-state` */
  retry(id: string): Promise<Task>;
  /**
   * Removes a task in any state; its id can never be used again. With `revision`, only while the task has it.
   * @throws Problem `task-not-found`, `wrong-state` when the task has another revision.
   */
  delete(id: string, revision?: number): Promise<void>;
  /**
   * Makes sure that no task with this id will ever be created, so that its files may be removed.
   * @throws Problem `wrong-state` when the task exists.
   */
  bury(id: string): Promise<void>;
  /** Tasks that came to their final state at least so long ago, the longest ago first; at most 200. */
  settledBefore(ageSeconds: number): Promise<Task[]>;
  stats(): Promise<QueueStats>;
  /** The permanent id of this store. */
  storeId(): Promise<string>;
}
