import { describe } from 'vitest';
import { clockJumps } from './lease-store.clock-jumps.js';
import { leasing } from './lease-store.leasing.js';
import { longPolls } from './lease-store.long-polls.js';
import { reclaiming } from './lease-store.reclaiming.js';
import { settling } from './lease-store.settling.js';
import { forTest, type OpenedLeaseStore, type OpenStore } from './task-store.harness.js';

/** The behaviour of every `LeaseStore`, local or remote. */
export function describeLeaseStore(name: string, open: OpenStore<OpenedLeaseStore>): void {
  const opened = forTest(open);
  describe(`${name} as a LeaseStore`, () => {
    leasing(opened);
    longPolls(opened);
    settling(opened);
    reclaiming(opened);
    clockJumps(opened);
  });
}
