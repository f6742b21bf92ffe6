import type { LeaseStore, TaskStore } from '#contracts';
import { onTestFinished } from 'vitest';

/** What every task store lets its operator choose. */
export interface SuitePolicy {
  leaseMs: number;
  failureLimit: number;
  lostLeaseLimit: number;
  firstBackoffMs: number;
  longestBackoffMs: number;
  backlogLimit: number;
}

/** The policy of the suites, where a test does not choose another. */
export const suitePolicy: SuitePolicy = {
  leaseMs: 30_000,
  failureLimit: 5,
  lostLeaseLimit: 10,
  firstBackoffMs: 1_000,
  longestBackoffMs: 300_000,
  backlogLimit: 1_000,
};

/** An empty store under test, with the handles that a test needs beside its port. */
export interface OpenedStore<Store extends LeaseStore> {
  store: Store;
  /** The time by the store's own clock, which stands still unless moved. */
  now: () => number;
  /** Moves the store's clock; backwards too. */
  advance: (ms: number) => void;
  /** How many calls the store itself holds open just now, so that a test can wait until its long poll has arrived. */
  waiting: () => number;
  close: () => Promise<void> | void;
}

/** A store of leases, beside the store in which its tasks are made. */
export interface OpenedLeaseStore extends OpenedStore<LeaseStore> {
  tasks: TaskStore;
}

export type OpenStore<Opened extends OpenedStore<LeaseStore>> = (options: { policy: SuitePolicy }) => Promise<Opened>;

/** Opens a store for one test, which closes it at its end. */
export type OpenForTest<Opened> = (policy?: Partial<SuitePolicy>) => Promise<Opened>;

export function forTest<Opened extends OpenedStore<LeaseStore>>(open: OpenStore<Opened>): OpenForTest<Opened> {
  return async (policy) => {
    const opened = await open({ policy: { ...suitePolicy, ...policy } });
    onTestFinished(() => opened.close());
    return opened;
  };
}
