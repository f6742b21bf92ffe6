import { newLeaseToken, Problem, type Task } from '#contracts';
import { newTask, outputsOf, request } from '#suites/task-store.fixtures';
import type { SuitePolicy } from '#suites/task-store.harness';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { SqliteTaskStore } from '../src/sqlite/sqlite-task-store.js';
import type { AdjustableClock } from './adjustable-clock.js';
import type { StoreModel } from './store-model.js';

/** The store under test, and what its callers know. Commands name ids and tokens by their place in these lists. */
export interface Real {
  store: SqliteTaskStore;
  clock: AdjustableClock;
  ids: string[];
  tokens: string[];
  /** Every task as the last command left it. */
  before?: Map<string, Task>;
}

type Command = fc.AsyncCommand<StoreModel, Real>;

/** All calls of a store, with steps of the clock between them. */
export function storeCommands({ leaseMs, longestBackoffMs }: SuitePolicy): fc.Arbitrary<Command>[] {
  // Few of each, so that workers meet each other's tasks and their own past.
  const id = fc.nat(5);
  const token = fc.nat(11);
  const both = { id, token };
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: leaseMs }) },
    { weight: 2, arbitrary: fc.constantFrom(leaseMs, longestBackoffMs, 3_600_000) },
    { weight: 1, arbitrary: fc.constantFrom(-1, -leaseMs, -longestBackoffMs, -3_600_000) },
  );
  const next = fc.record({ token }).map((asked) =>
    command('next', asked, async ({ model, store, token: held }) => {
      const lease = await store.next(request({ worker: held, token: held })).catch(codeOf);
      expect(typeof lease === 'string' ? lease : (lease?.task.id ?? null)).toBe(model.next(held));
    }),
  );
  return [
    fc.record({ id, priority: fc.integer({ min: -1, max: 1 }) }).map((asked) =>
      command('create', asked, async ({ model, store, id: task }) => {
        const { priority } = asked;
        expect(await answer(store.create(newTask({ id: task, priority })))).toBe(model.create(task, priority));
      }),
    ),
    // Twice: nothing else happens to tasks that nobody leases.
    next,
    next,
    fc.record({ ...both, stage: fc.constantFrom('one', 'two') }).map((asked) =>
      command('renew', asked, async ({ model, store, id: task, token: held }) => {
        expect(await answer(store.renew(task, held, asked.stage))).toBe(model.renew(task, held, asked.stage));
      }),
    ),
    fc.record(both).map((asked) =>
      command('finish', asked, async ({ model, store, id: task, token: held }) => {
        const { leaseNumber } = model.tasks.get(task) ?? { leaseNumber: 1 };
        const outputs = outputsOf({ id: task, leaseNumber });
        expect(await answer(store.finish(task, held, outputs))).toBe(model.finish(task, held));
      }),
    ),
    fc.record({ ...both, permanent: fc.boolean() }).map((asked) =>
      command('fail', asked, async ({ model, store, id: task, token: held }) => {
        const failure = { code: 'broken', detail: '', technical: null, permanent: asked.permanent };
        const expected = model.fail(task, held, failure.code, failure.permanent);
        expect(await answer(store.fail(task, held, failure))).toBe(expected);
      }),
    ),
    fc.record(both).map((asked) =>
      command('release', asked, async ({ model, store, id: task, token: held }) => {
        expect(await answer(store.release(task, held))).toBe(model.release(task, held));
      }),
    ),
    fc.constant({}).map((asked) =>
      command('reclaim', asked, async ({ model, store }) => {
        expect(await store.reclaim()).toEqual({ reclaimed: model.reclaim() });
      }),
    ),
    ...(['cancel', 'retry', 'delete', 'bury'] as const).map((name) =>
      fc.record({ id }).map((asked) =>
        command(name, asked, async ({ model, store, id: task }) => {
          expect(await answer(store[name](task))).toBe(model[name](task));
        }),
      ),
    ),
    step.map((ms) =>
      command('advance', { ms }, async ({ clock }) => {
        clock.advance(ms);
      }),
    ),
  ];
}

interface Asked {
  id?: number;
  token?: number;
  ms?: number;
}

type Call = (context: Real & { model: StoreModel; id: string; token: string }) => Promise<void>;

/** One call, after which the store must be what the model is. */
function command(name: string, asked: Asked, call: Call): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      const id = (real.ids[asked.id ?? 0] ??= newTask().id);
      const token = (real.tokens[asked.token ?? 0] ??= newLeaseToken());
      await call({ ...real, model, id, token });
      await compare(model, real);
    },
    toString: () => `${name}(${JSON.stringify(asked)})`,
  };
}

async function compare(model: StoreModel, real: Real): Promise<void> {
  const { tasks } = await real.store.list({ limit: 200 });
  expect(tasks).toHaveLength(model.tasks.size);
  for (const task of tasks) {
    const expected = model.tasks.get(task.id)!;
    const { state, leaseNumber, failures, lostLeases, stage } = expected;
    expect(task).toMatchObject({ state, leaseNumber, failures, lostLeases, stage });
    expect(task.error?.code ?? null).toBe(expected.errorCode);
    expect(task.availableAt).toBe(expected.delayed ? new Date(expected.availableAt).toISOString() : null);
    await compareHolder(real.store, task, expected.holder?.token ?? null);
  }
  expect(await real.store.stats()).toEqual(model.stats());
  const changed = new Map(tasks.map((task) => [task.id, task]));
  compareRevisions(real.before ?? new Map(), changed);
  real.before = changed;
}

/** One holder at most, the one whom the model knows; and one result at most. Workers are named by their tokens. */
async function compareHolder(store: SqliteTaskStore, task: Task, holder: string | null): Promise<void> {
  const attempts = await store.attempts(task.id);
  const open = attempts.filter(({ outcome }) => outcome === null);
  expect(open.map(({ worker, leaseNumber }) => ({ worker, leaseNumber }))).toEqual(
    holder ? [{ worker: holder, leaseNumber: task.leaseNumber }] : [],
  );
  expect(attempts).toHaveLength(task.leaseNumber);
  const results = attempts.filter(({ outcome }) => outcome === 'finished');
  expect(results).toHaveLength(task.state === 'finished' ? 1 : 0);
}

/** A change comes with a revision above all earlier ones, and no change with none; lease numbers only ever grow. */
function compareRevisions(before: Map<string, Task>, after: Map<string, Task>): void {
  const newest = Math.max(0, ...[...before.values()].map(({ revision }) => revision));
  for (const task of after.values()) {
    const earlier = before.get(task.id);
    if (!earlier || task.revision !== earlier.revision) expect(task.revision).toBeGreaterThan(newest);
    else expect(task).toEqual(earlier);
    expect(task.leaseNumber).toBeGreaterThanOrEqual(earlier?.leaseNumber ?? 0);
  }
}

async function answer(call: Promise<object | void>): Promise<string> {
  try {
    const said = await call;
    // A settlement says its state; a task or a renewal says no more here than that it worked.
    return said && 'state' in said && !('id' in said) ? String(said.state) : 'ok';
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  if (Problem.is(error)) return error.code;
  throw error;
}
