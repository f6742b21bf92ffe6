import { describe, expect, it, onTestFinished } from 'vitest';
import { SqliteDatabase } from './sqlite-database.js';

const queued = {
  id: 'a',
  owner: 'alice',
  state: 'queued',
  priority: 0,
  recipe: '{}',
  labels: '{}',
  source: '{}',
  outputs: '[]',
  lease_number: 0,
  failures: 0,
  lost_leases: 0,
  delayed: 0,
  available_at: 1,
  lease_token: null,
  lease_expires_at: null,
  stage: null,
  error_code: null,
  error_detail: null,
  error_technical: null,
  trace_context: null,
  revision: 1,
  created_at: 1,
  started_at: null,
  finished_at: null,
};
const started = { ...queued, lease_number: 1, started_at: 2 };
const running = { ...started, state: 'running', lease_token: 'token', lease_expires_at: 9 };
const finished = { ...started, state: 'finished', outputs: '[{}]', finished_at: 3 };
const failed = { ...started, state: 'failed', error_code: 'code', error_detail: 'detail', finished_at: 3 };
const cancelled = { ...queued, state: 'cancelled', finished_at: 3 };
const attempt = {
  token: 't',
  task_id: 'a',
  lease_number: 1,
  worker: 'w',
  began_at: 1,
  ended_at: null,
  outcome: null,
  error_code: null,
};

type Row = Record<string, string | number | null>;

function opened(): SqliteDatabase {
  const database = new SqliteDatabase(null);
  onTestFinished(() => database.close());
  return database;
}

function insert(database: SqliteDatabase, table: string, row: Row): void {
  const columns = Object.keys(row);
  database.run(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `$${name}`).join(', ')})`,
    row,
  );
}

describe('The schema', () => {
  const possible = { queued, started, delayed: { ...started, delayed: 1 }, running, finished, failed, cancelled };
  for (const [name, row] of Object.entries(possible)) {
    it(`allows a task that is ${name}`, () => {
      insert(opened(), 'tasks', row);
    });
  }

  const impossible: Record<string, Row> = {
    'in an unknown state': { ...queued, state: 'paused' },
    'of a priority beyond 100': { ...queued, priority: 101 },
    'of a priority below -100': { ...queued, priority: -101 },
    'with a recipe that is not JSON': { ...queued, recipe: 'negate' },
    'with labels that are not JSON': { ...queued, labels: '' },
    'with a source that is not JSON': { ...queued, source: 'key' },
    'with a negative lease number': { ...queued, lease_number: -1, started_at: 2 },
    'with negative failures': { ...queued, failures: -1 },
    'with negative lost leases': { ...queued, lost_leases: -1 },
    'running without a lease': { ...running, lease_token: null },
    'running without an expiry': { ...running, lease_expires_at: null },
    'queued under a lease': { ...started, lease_token: 'token' },
    'queued with an expiry': { ...started, lease_expires_at: 9 },
    'queued in a stage': { ...queued, stage: 'processing' },
    'running and delayed': { ...running, delayed: 1 },
    'cancelled and delayed': { ...cancelled, delayed: 1 },
    'finished without a time': { ...finished, finished_at: null },
    'failed without a time': { ...failed, finished_at: null },
    'cancelled without a time': { ...cancelled, finished_at: null },
    'queued with a time at which it finished': { ...queued, finished_at: 3 },
    'finished without outputs': { ...finished, outputs: '[]' },
    'failed with outputs': { ...failed, outputs: '[{}]' },
    'failed without a reason': { ...failed, error_code: null, error_detail: null },
    'with a code and no detail': { ...queued, error_code: 'code' },
    'with a detail and no code': { ...queued, error_detail: 'detail' },
    'with technical words and no code': { ...queued, error_technical: 'words' },
    'started without a lease': { ...queued, started_at: 2 },
    'leased without a start': { ...queued, lease_number: 1 },
  };
  for (const [what, row] of Object.entries(impossible)) {
    it(`refuses a task ${what}`, () => {
      const database = opened();

      expect(() => insert(database, 'tasks', row)).toThrow('CHECK constraint failed');

      expect(database.get('SELECT count(*) AS rows FROM tasks')).toEqual({ rows: 0 });
    });
  }

  it('refuses two tasks under one lease token', () => {
    const database = opened();
    insert(database, 'tasks', running);

    expect(() => insert(database, 'tasks', { ...running, id: 'b' })).toThrow('UNIQUE constraint failed');
  });

  it('refuses an attempt that is impossible: unknown task or outcome, half ended, or a lease number twice', () => {
    const database = opened();
    insert(database, 'tasks', running);
    const refused: [Row, string][] = [
      [{ ...attempt, task_id: 'b' }, 'FOREIGN KEY constraint failed'],
      [{ ...attempt, lease_number: 0 }, 'CHECK constraint failed'],
      [{ ...attempt, ended_at: 2, outcome: 'vanished' }, 'CHECK constraint failed'],
      [{ ...attempt, ended_at: 2 }, 'CHECK constraint failed'],
      [{ ...attempt, outcome: 'released' }, 'CHECK constraint failed'],
    ];
    for (const [row, reason] of refused) expect(() => insert(database, 'attempts', row)).toThrow(reason);

    insert(database, 'attempts', attempt);
    expect(() => insert(database, 'attempts', { ...attempt, token: 'u' })).toThrow('UNIQUE constraint failed');
    expect(() => insert(database, 'attempts', { ...attempt, lease_number: 2 })).toThrow('UNIQUE constraint failed');
  });

  it('has one store only', () => {
    const database = opened();
    insert(database, 'store', { single: 1, id: 'a', revision: 0 });

    expect(() => insert(database, 'store', { single: 2, id: 'b', revision: 0 })).toThrow('CHECK constraint failed');
  });

  it('counts the tasks of every state', () => {
    const database = opened();
    const rows = [queued, running, finished, failed, cancelled].map((row, place) => ({ ...row, id: String(place) }));
    for (const row of rows) insert(database, 'tasks', row);
    database.run(`UPDATE tasks SET state = 'cancelled', finished_at = 3 WHERE state = 'queued'`);
    database.run(`UPDATE tasks SET priority = 1`);
    database.run(`DELETE FROM tasks WHERE state = 'failed'`);

    const counts = database.all<{ state: string; count: number }>('SELECT * FROM task_counts');

    expect(Object.fromEntries(counts.map(({ state, count }) => [state, count]))).toEqual({
      queued: 0,
      running: 1,
      finished: 1,
      failed: 0,
      cancelled: 2,
    });
  });
});
