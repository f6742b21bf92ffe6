import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenedStore, SuitePolicy } from '#suites/task-store.harness';
import { onTestFinished, vi } from 'vitest';
import { SqliteTaskStore } from '../src/sqlite/sqlite-task-store.js';
import { AdjustableClock } from './adjustable-clock.js';

/** A real store, with the handles that the suites need. */
export interface OpenedSqliteStore extends OpenedStore<SqliteTaskStore> {
  clock: AdjustableClock;
}

/** @param file null keeps the tasks in memory */
export function openSqliteStore(file: string | null, policy: SuitePolicy): OpenedSqliteStore {
  const clock = new AdjustableClock();
  const store = new SqliteTaskStore(file, policy, clock);
  return {
    store,
    clock,
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    waiting: countWaits(store),
    close: () => store.close(),
  };
}

/** The path of a database in a folder of its own, which goes away with the test. */
export function temporaryDatabase(): string {
  const folder = mkdtempSync(join(tmpdir(), 'micro-db-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'db', 'tasks.sqlite');
}

/** Counts the calls of `next` and `get` that the store holds open. */
function countWaits(store: SqliteTaskStore): () => number {
  let waiting = 0;
  const counted = async <Answer>(call: Promise<Answer>): Promise<Answer> => {
    waiting++;
    return call.finally(() => waiting--);
  };
  const next = store.next.bind(store);
  const get = store.get.bind(store);
  vi.spyOn(store, 'next').mockImplementation((...asked) => counted(next(...asked)));
  vi.spyOn(store, 'get').mockImplementation((...asked) => counted(get(...asked)));
  return () => waiting;
}
