import { suitePolicy } from '#suites/task-store.harness';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { AdjustableClock } from '../../test/adjustable-clock.js';
import { StoreModel } from '../../test/store-model.js';
import { storeCommands, type Real } from '../../test/store-commands.js';
import { SqliteTaskStore } from './sqlite-task-store.js';

const policy = { ...suitePolicy, leaseMs: 1_000, failureLimit: 3, lostLeaseLimit: 3, longestBackoffMs: 3_000 };

/** A failure names its seed and path, with which `fc.assert` repeats it: `SEED=… SEED_PATH=… npx vitest run …`. */
const { SEED, SEED_PATH } = process.env;

describe('SqliteTaskStore', () => {
  it('does what its model does, whatever is called in whatever order, and however the clock moves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(storeCommands(policy), { maxCommands: 120, size: 'max' }), async (commands) => {
        const clock = new AdjustableClock();
        // Always the longest backoff: what it is at random is no matter of states.
        const real: Real = { store: new SqliteTaskStore(null, policy, clock, () => 1), clock, ids: [], tokens: [] };
        try {
          await fc.asyncModelRun(() => ({ model: new StoreModel(policy, clock), real }), commands);
        } finally {
          real.store.close();
        }
      }),
      { numRuns: 150, ...(SEED && { seed: Number(SEED) }), ...(SEED_PATH && { path: SEED_PATH }) },
    );
  });
});
