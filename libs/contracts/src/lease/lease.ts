import { randomBytes } from 'node:crypto';
import type { Task, TaskError } from '../task/task.js';

/** A task in the hands of one worker, until it settles the task or the lease expires. */
export interface Lease {
  task: Task;
  /** What is left of the lease, in milliseconds; never a wall time, so that clocks need not agree. */
  expiresInMs: number;
}

export interface LeaseRequest {
  /** Who asks, for the record of attempts. */
  worker: string;
  /** Minted by the worker; asking again with the same token gives the same lease. */
  token: string;
  /** How long to wait for a task, in milliseconds; at most `longestWaitMs`. */
  waitMs: number;
}

/** The longest long poll, in milliseconds. */
export const longestWaitMs = 30_000;

export interface Renewal {
  expiresInMs: number;
}

export interface Failure extends TaskError {
  /** True only when the picture itself is at fault; everything else is tried again. */
  permanent: boolean;
}

/** What became of the task when its worker gave it back. */
export interface Settlement {
  state: 'queued' | 'finished' | 'failed';
}

export interface Reclaimed {
  /** How many expired leases were taken back. */
  reclaimed: number;
}

/** A fresh lease token of 128 random bits. */
export function newLeaseToken(): string {
  return randomBytes(16).toString('base64url');
}

export const leaseTokenPattern = /^[A-Za-z0-9_-]{22}$/;
