import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { leaseNext, newTask, outputsOf, request, transient } from '#suites/task-store.fixtures';
import { suitePolicy } from '#suites/task-store.harness';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { AdjustableClock } from '../../test/adjustable-clock.js';
import { SqliteTaskStore } from './sqlite-task-store.js';
import { migrations } from './migrations.js';

/** Every statement that a store prepares while all its calls are made. */
async function statementsOfAStore(): Promise<string[]> {
  const prepared = new Set<string>();
  const prepare = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'prepare')!.value as DatabaseSync['prepare'];
  const spy = vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (
    this: DatabaseSync,
    sql: string,
  ): StatementSync {
    prepared.add(sql);
    return prepare.call(this, sql);
  });
  const store = new SqliteTaskStore(null, suitePolicy, new AdjustableClock());
  const { id } = (await store.create(newTask())).task;
  const { token } = await leaseNext(store);
  await store.renew(id, token, 'processing');
  await store.reclaim();
  await store.fail(id, token, transient);
  const again = request({ waitMs: 1000 });
  const waiting = store.next(again);
  await store.cancel(id);
  await store.retry(id);
  await store.finish(id, again.token, outputsOf((await waiting)!.task));
  await store.attempts(id);
  const after = id;
  for (const state of [undefined, 'queued'] as const)
    for (const owner of [undefined, 'alice'])
      for (const query of [{}, { after }]) {
        await store.list({ ...(state && { state }), ...(owner && { owner }), ...query });
      }
  await store.stats();
  await store.delete(id);
  store.purge();
  await store.bury(id);
  store.close();
  spy.mockRestore();
  return [...prepared];
}

describe('The statements of the store', () => {
  let statements: string[] = [];
  const database = new DatabaseSync(':memory:');
  const planOf = (sql: string): string[] =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail));
  /** The plan of the one statement that looks like this. */
  const planLike = (pattern: RegExp): string[] => {
    const found = statements.filter((sql) => pattern.test(sql));
    expect(found).toHaveLength(1);
    return planOf(found[0]!);
  };

  beforeAll(async () => {
    for (const { sql } of migrations) database.exec(sql);
    statements = await statementsOfAStore();
  });

  it('never read a whole table that grows with the tasks', () => {
    const aboutTasks = statements.filter((sql) => /\b(tasks|attempts|tombstones|idempotency_keys)\b/.test(sql));
    expect(aboutTasks.length).toBeGreaterThan(20);

    for (const sql of aboutTasks) {
      const scans = planOf(sql).filter((detail) => /^SCAN (tasks|attempts|tombstones|idempotency_keys)$/.test(detail));
      expect(scans, sql).toEqual([]);
      expect(planOf(sql).join('; '), sql).not.toContain('TEMP B-TREE');
    }
  });

  it('find the next task in the order of its index', () => {
    expect(planLike(/ORDER BY priority DESC/)).toEqual(['SCAN tasks USING INDEX tasks_next']);
  });

  it('find expired leases among the running tasks alone, by the index of their expiries', () => {
    expect(planLike(/lease_expires_at > \$latest/)).toEqual(['SCAN tasks USING INDEX tasks_leased']);
  });

  it('count delayed tasks, and find the oldest and the next available one, by the end of their backoff', () => {
    for (const pattern of [/AS delayed/, /AS oldest/, /AS at FROM tasks WHERE state = 'queued' AND delayed = 1$/]) {
      const reads = planLike(pattern).filter((detail) => detail.includes('tasks'));
      expect(reads.length).toBeGreaterThan(0);
      for (const read of reads) expect(read).toMatch(/^SEARCH tasks USING COVERING INDEX tasks_waiting/);
    }
  });

  it('find what is past its time by the index of its time', () => {
    expect(planLike(/^DELETE FROM tombstones/)).toContain(
      'SEARCH tombstones USING COVERING INDEX tombstones_by_age (deleted_at<?)',
    );
    expect(planLike(/^DELETE FROM idempotency_keys/)).toContain(
      'SEARCH idempotency_keys USING COVERING INDEX idempotency_keys_by_expiry (expires_at<?)',
    );
  });

  it('list tasks in the order of an index that fits the query', () => {
    const plans = statements
      .filter((sql) => sql.includes('ORDER BY id DESC'))
      .map((sql) => [sql.replace(/^.* tasks (WHERE )?| ?ORDER BY.*$/g, ''), planOf(sql).join('; ')]);

    expect(Object.fromEntries(plans)).toEqual({
      '': 'SCAN tasks USING INDEX sqlite_autoindex_tasks_1',
      'id < $after': 'SEARCH tasks USING INDEX sqlite_autoindex_tasks_1 (id<?)',
      'state = $state': 'SEARCH tasks USING INDEX tasks_by_state (state=?)',
      'state = $state AND id < $after': 'SEARCH tasks USING INDEX tasks_by_state (state=? AND id<?)',
      'owner = $owner': 'SEARCH tasks USING INDEX tasks_by_owner (owner=?)',
      'owner = $owner AND id < $after': 'SEARCH tasks USING INDEX tasks_by_owner (owner=? AND id<?)',
      'state = $state AND owner = $owner': 'SEARCH tasks USING INDEX tasks_by_owner_and_state (owner=? AND state=?)',
      'state = $state AND owner = $owner AND id < $after':
        'SEARCH tasks USING INDEX tasks_by_owner_and_state (owner=? AND state=? AND id<?)',
    });
  });
});
