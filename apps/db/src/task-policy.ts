/** How long leases last, how often and how soon a task is tried again, and how many tasks there may be. */
export interface TaskPolicy {
  /** Also the longest that any lease can last: one that seems to last longer was given before the clock jumped. */
  leaseMs: number;
  /** Retryable failures after which a task fails for good. */
  failureLimit: number;
  /** Expired leases after which a task fails for good: a picture that kills its workers must not loop. */
  lostLeaseLimit: number;
  /** The backoff after the first failure; it doubles with every further one. */
  firstBackoffMs: number;
  longestBackoffMs: number;
  /** Tasks that may be queued or running at once; beyond that none is created. */
  backlogLimit: number;
}

export const defaultPolicy: TaskPolicy = {
  leaseMs: 30_000,
  failureLimit: 5,
  lostLeaseLimit: 10,
  firstBackoffMs: 1_000,
  longestBackoffMs: 300_000,
  backlogLimit: 100_000,
};

/**
 * How long to wait after the `setbacks`-th failure or lost lease, in milliseconds: doubling, with the upper half at
 * random, so that tasks that failed together do not come back together.
 * @param random from 0 to 1
 */
export function backoffMs(policy: TaskPolicy, setbacks: number, random: number): number {
  const full = Math.min(policy.firstBackoffMs * 2 ** (setbacks - 1), policy.longestBackoffMs);
  return Math.round(full * (0.5 + random / 2));
}
