import type { FileReference } from '../file/file-reference.js';
import type { Recipe } from '../recipe/recipe.js';
import type { TaskState } from './task-state.js';

/** Why an attempt failed. Kept on the task while it waits for its next attempt, and for good once it failed. */
export interface TaskError {
  code: string;
  /** In plain words, for whoever uploaded the picture. */
  detail: string;
  /** In the words of the library that met the error, for whoever looks into it; null when there are none. */
  technical: string | null;
}

/** A task as it travels between services. All times are ISO 8601 in UTC. */
export interface Task {
  /** UUIDv7: ids sort by creation time. */
  id: string;
  owner: string;
  state: TaskState;
  /** -100 to 100; higher is leased first. */
  priority: number;
  /** The recipe itself, not the name of its preset, so that a changed preset changes no accepted task. */
  recipe: Recipe;
  labels: Record<string, string>;
  source: FileReference;
  /** Empty until the task is finished. */
  outputs: FileReference[];
  /** How many leases were given so far; it only ever grows. */
  leaseNumber: number;
  /** Retryable failures since the task was created or retried. */
  failures: number;
  /** Leases that expired since the task was created or retried. */
  lostLeases: number;
  /** What the worker said it is doing; null unless running. */
  stage: string | null;
  /** When a queued task may be leased again after a failure; null when it may be leased at once. */
  availableAt: string | null;
  error: TaskError | null;
  /** The `traceparent` header of the upload. */
  traceContext: string | null;
  /** Grows with every change of any task of the store. */
  revision: number;
  createdAt: string;
  /** When the first lease was given. */
  startedAt: string | null;
  /** When the task came to its final state. */
  finishedAt: string | null;
}

/** What master says of a new task. */
export interface NewTask {
  id: string;
  owner: string;
  priority: number;
  recipe: Recipe;
  labels: Record<string, string>;
  source: FileReference;
  traceContext: string | null;
  idempotency: Idempotency | null;
}

/** The client's promise that requests with this key are the same request, kept for 24 hours. */
export interface Idempotency {
  key: string;
  /** Of all that the request asked for; another fingerprint under the same key is a client's error. */
  fingerprint: string;
}

/** How an attempt ended; null while it runs. */
export type AttemptOutcome = 'finished' | 'retryable' | 'failed' | 'released' | 'lease-lost' | 'cancelled';

/** One lease of a task, kept for as long as the task. */
export interface Attempt {
  leaseNumber: number;
  worker: string;
  beganAt: string;
  endedAt: string | null;
  outcome: AttemptOutcome | null;
  /** The code of the failure, for `retryable` and `failed`. */
  errorCode: string | null;
}
