import type { AddressInfo } from 'node:net';
import { Clock, serve } from '#chassis';
import { FixedEndpoints, HttpTaskStore, ServiceClient, type Call } from '#contracts';
import {
  facts,
  leaseNext,
  newTask,
  outputsOf,
  permanent,
  problem,
  request,
  transient,
} from '#suites/task-store.fixtures';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { create as createAxios } from 'axios';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AdjustableClock } from '../test/adjustable-clock.js';
import { temporaryDatabase } from '../test/opened-store.js';
import { testConfig } from '../test/running-db.js';
import { AppModule } from './app.module.js';
import { DbConfig } from './config.js';
import { SqliteTaskStore } from './sqlite/sqlite-task-store.js';

/** The whole service as it is wired, for one test. The registry is not there, which must not matter. */
async function running(chosen: Partial<DbConfig> = {}) {
  const clock = new AdjustableClock();
  const config = testConfig({ keyvaluestoreEndpoint: '127.0.0.1:1', ...chosen });
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(DbConfig)
    .useValue(config)
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, bufferLogs: true });
  await serve(app);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await app.close();
    open = false;
  };
  onTestFinished(close);
  const endpoint = `127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const client = new ServiceClient(new FixedEndpoints('db', [endpoint]), createAxios(), config.token ?? null);
  return {
    origin: `http://${endpoint}`,
    store: new HttpTaskStore(client),
    local: app.get(SqliteTaskStore),
    client,
    clock,
    close,
  };
}

const post = (path: string, body: unknown): Call => ({ method: 'POST', path, body });

afterEach(() => void vi.useRealTimers());

describe('db', () => {
  it('is wired to the store and the policy of its configuration', async () => {
    const { store, clock } = await running({ leaseSeconds: 7, failureLimit: 1, lostLeaseLimit: 1 });
    const { task } = await store.create(newTask());
    const { token, lease } = await leaseNext(store);

    expect(lease.expiresInMs).toBe(7_000);
    expect(await store.fail(task.id, token, transient)).toEqual({ state: 'failed' });
    const { task: other } = await store.create(newTask());
    await leaseNext(store);
    clock.advance(7_000);
    await store.reclaim();
    expect((await store.get(other.id)).state).toBe('failed');
  });

  it('answers in the name of its store', async () => {
    const { origin, store, local } = await running({ url: undefined, dataFolder: `${temporaryDatabase()}.data` });

    const { headers } = await fetch(`${origin}/health/live`);

    expect(headers.get('micro-service')).toBe('db');
    expect(headers.get('micro-store')).toBe(local.id);
    expect(await store.storeId()).toBe(local.id);
  });

  it('takes expired leases back by itself, when no worker is left to do so', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { store, local, clock } = await running({ reclaimSeconds: 10 });
    const { task } = await store.create(newTask());
    await leaseNext(store);
    clock.advance(30_000);

    vi.advanceTimersByTime(10_000);

    expect(await local.get(task.id)).toMatchObject({ state: 'queued', lostLeases: 1 });
  });

  it('forgets what is past its time, every hour', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { local, clock } = await running();
    const buried = newTask();
    await local.bury(buried.id);
    clock.advance(8 * 24 * 3_600_000);

    vi.advanceTimersByTime(3_600_000);

    expect((await local.create(buried)).created).toBe(true);
  });

  it('lets other calls in between while it forgets much', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { local, clock } = await running();
    const buried = Array.from({ length: 300 }, () => newTask());
    for (const { id } of buried) await local.bury(id);
    const last = buried.at(-1)!;
    clock.advance(8 * 24 * 3_600_000);

    vi.advanceTimersByTime(3_600_000);

    await expect(local.create(last)).rejects.toEqual(problem('task-gone'));
    await vi.waitFor(async () => expect((await local.create(last)).created).toBe(true), 20_000);
  });

  it('ends long polls when it shuts down, so that they hold nothing up', async () => {
    const { store, local, close } = await running();
    const { task } = await store.create(newTask());
    await leaseNext(store);
    const [next, get] = [vi.spyOn(local, 'next'), vi.spyOn(local, 'get')];
    const waits = [store.next(request({ waitMs: 25_000 })), store.get(task.id, { waitMs: 25_000 })];
    await vi.waitFor(() => expect([next.mock.calls.length, get.mock.calls.length]).toEqual([1, 1]));

    await close();

    expect(await Promise.all(waits)).toMatchObject([null, { id: task.id, state: 'running' }]);
  });

  it('wants the service token on every route', async () => {
    const token = 'a-token-for-the-tests';
    const { origin, store } = await running({ token });
    const { task } = await store.create(newTask());
    const routes: [string, string][] = [
      ...['', '/next', '/reclaim'].map((path): [string, string] => ['POST', `/task${path}`]),
      ...['renew', 'finish', 'fail', 'release', 'cancel', 'retry', 'bury'].map((action): [string, string] => [
        'POST',
        `/task/${task.id}/${action}`,
      ]),
      ...['/task', `/task/${task.id}`, `/task/${task.id}/attempts`, '/queue', '/store'].map(
        (path): [string, string] => ['GET', path],
      ),
      ['DELETE', `/task/${task.id}`],
    ];
    for (const [method, path] of routes) {
      expect((await fetch(`${origin}${path}`, { method })).status, `${method} ${path}`).toBe(401);
    }
    expect(await store.get(task.id)).toEqual(task);
  });

  it('refuses requests that make no sense, before they reach the store', async () => {
    const { client } = await running();
    const [id, token] = [newTask().id, request().token];
    const wrong: Call[] = [
      post('/task', { ...newTask(), id: 'x' }),
      post('/task', { ...newTask(), id: '3b241101-e2bb-4255-8caf-4136c566a962' }),
      post('/task', { ...newTask(), priority: 101 }),
      post('/task', { ...newTask(), state: 'finished' }),
      post('/task', { ...newTask(), idempotency: { key: '', fingerprint: 'x' } }),
      post('/task', { ...newTask(), source: { ...newTask().source, key: '../../etc/passwd' } }),
      post('/task/next', { ...request(), token: 'short' }),
      post('/task/next', { ...request(), waitMs: 30_001 }),
      post('/task/next', { ...request(), worker: '' }),
      post(`/task/${id}/renew`, { token, stage: '' }),
      post(`/task/${id}/finish`, { token, outputs: [] }),
      post(`/task/${id}/fail`, { token, code: 'Not A Code', detail: '', permanent: false }),
      post(`/task/${id}/fail`, { token, code: 'code', detail: '', permanent: 'yes' }),
      post(`/task/${id}/fail`, { token, ...permanent, technical: 'x'.repeat(1_001) }),
      post(`/task/${id}/fail`, { token, ...permanent, technical: { words: '' } }),
      post(`/task/${id}/release`, {}),
      { method: 'GET', path: '/task?state=paused' },
      { method: 'GET', path: '/task?limit=201' },
      { method: 'GET', path: '/task?limit=0' },
      { method: 'GET', path: '/task?after=x' },
      { method: 'GET', path: `/task/${id}?waitMs=30001` },
      { method: 'DELETE', path: `/task/${id}?revision=x` },
    ];
    for (const call of wrong) {
      await expect(client.call(call), JSON.stringify(call)).rejects.toEqual(problem('invalid-request'));
    }
  });

  it('refuses facts that make no sense, and whatever stands beside them', async () => {
    const { client } = await running();
    const id = newTask().id;
    const [output] = outputsOf({ id, leaseNumber: 1 });
    const wrong: unknown[] = [
      'plain text',
      [facts],
      [],
      { ...facts, latitude: 51.5 },
      { ...facts, dominantColour: 'blue' },
      { ...facts, dominantColour: undefined },
      { ...facts, thumbhash: '?' },
      { ...facts, thumbhash: 'A'.repeat(44) },
      { ...facts, hasAlpha: 'no' },
      { ...facts, camera: '' },
      { ...facts, camera: 'x'.repeat(101) },
      { ...facts, takenAt: 'yesterday' },
      { ...facts, takenAt: undefined },
    ];
    for (const some of wrong) {
      const call = post(`/task/${id}/finish`, { token: request().token, outputs: [{ ...output, facts: some }] });
      await expect(client.call(call), JSON.stringify(some)).rejects.toEqual(problem('invalid-request'));
    }
  });

  it('takes a failure without technical words, as older workers tell it', async () => {
    const { client, store } = await running();
    const { task } = await store.create(newTask());
    const { token } = await leaseNext(store);
    const { code, detail } = permanent;

    await client.call(post(`/task/${task.id}/fail`, { token, code, detail, permanent: true }));

    expect((await store.get(task.id)).error).toEqual({ code, detail, technical: null });
  });
});
