import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { FixedEndpoints, newLeaseToken, ServiceClient, type Lease } from '#contracts';
import { newTask } from '#suites/task-store.fixtures';
import { create as createAxios } from 'axios';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoppableTaskStore } from './stoppable-task-store.js';

describe('StoppableTaskStore', () => {
  const { id } = newTask();
  const request = { worker: 'one', token: newLeaseToken(), waitMs: 20_000 };
  let db: Server;
  let store: StoppableTaskStore;
  /** Resolves when a wait has come to db, where it stays. */
  let waiting: Promise<unknown>;
  /** What came to db, in its order. */
  let calls: string[];
  /** What db has for a worker that does not wait. */
  let lease: Lease | null;

  beforeEach(async () => {
    calls = [];
    lease = null;
    db = createServer((asked, response) => void answer(asked, response)).listen(0, '127.0.0.1');
    await once(db, 'listening');
    waiting = once(db, 'wait');
    const { port } = db.address() as AddressInfo;
    store = new StoppableTaskStore(
      new ServiceClient(new FixedEndpoints('db', [`127.0.0.1:${port}`]), createAxios(), null),
    );
  });

  afterEach(() => {
    db.close();
    db.closeAllConnections();
  });

  async function answer(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const isPoll = asked.method === 'POST';
    const waitMs = isPoll
      ? ((await json(asked)) as { waitMs: number }).waitMs
      : Number(new URL(asked.url!, 'http://db').searchParams.get('waitMs') ?? 0);
    calls.push(`${isPoll ? 'next' : 'get'} ${waitMs}`);
    if (waitMs > 0) return void db.emit('wait');
    response.setHeader('Micro-Service', 'db');
    if (isPoll && !lease) return void response.writeHead(204).end();
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(isPoll ? lease : { id }));
  }

  it('told to stop, answers who waits for a task with the task as it is', async () => {
    const answered = store.get(id, { waitMs: 20_000, signal: new AbortController().signal });
    await waiting;

    store.onModuleDestroy();

    expect(await answered).toEqual({ id });
    expect(calls).toEqual(['get 20000', 'get 0']);
  });

  it('told to stop, answers a worker that there is nothing', async () => {
    const answered = store.next(request);
    await waiting;

    store.onModuleDestroy();

    expect(await answered).toBeNull();
    expect(calls).toEqual(['next 20000', 'next 0']);
  });

  it('told to stop just when db gave the worker a lease, brings that lease', async () => {
    const answered = store.next(request);
    await waiting;
    lease = { task: { id }, expiresInMs: 30_000 } as Lease;

    store.onModuleDestroy();

    expect(await answered).toEqual(lease);
  });

  it('waits for nothing any more once it was told to stop', async () => {
    store.onModuleDestroy();

    expect(await store.get(id, { waitMs: 20_000 })).toEqual({ id });
    expect(await store.next(request)).toBeNull();
    expect(calls).toEqual(['get 0', 'next 0']);
  });

  it('asks for nobody who hung up', async () => {
    const client = new AbortController();
    const answered = store.next(request, client.signal);
    await waiting;

    client.abort(new Error('hung up'));
    await expect(answered).rejects.toThrow('hung up');
    store.onModuleDestroy();

    expect(calls).toEqual(['next 20000']);
  });
});
