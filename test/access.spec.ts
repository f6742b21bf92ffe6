import type { Task } from '#contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { form } from './harness/form.js';
import type { ShownTask } from './harness/master-client.js';
import { documentedCalls, type DocumentedCall } from './harness/documented-calls.js';
import { png } from './harness/photo.js';
import { serviceToken, System } from './harness/system.js';

const alice = { Authorization: 'Bearer alice-has-a-long-key' };
const alicesOther = { Authorization: 'Bearer alice-has-another-key' };
const bob = { Authorization: 'Bearer bob-has-a-long-key' };
const stranger = { Authorization: 'Bearer a-token-that-nobody-gave-out' };

describe('an API with keys', () => {
  const system = System.shared({
    env: {
      MICRO_API_KEYS: 'alice:alice-has-a-long-key,bob:bob-has-a-long-key,alice:alice-has-another-key',
      MICRO_RATE_LIMIT: '0',
    },
  });
  const withToken = { Authorization: `Bearer ${serviceToken}` };
  /** Every call that master's OpenAPI document knows: a new route is among them by itself. */
  let calls: DocumentedCall[];
  beforeAll(async () => {
    calls = await documentedCalls(system().client);
  });

  async function upload(headers: Record<string, string>, image?: Buffer): Promise<ShownTask> {
    const body = form({ image: image ?? (await png()) });
    const response = await system().client.fetch('/task', {
      method: 'POST',
      body,
      headers: { ...headers, Prefer: 'wait=20' },
    });
    expect(response.status).toBe(201);
    return (await response.json()) as ShownTask;
  }

  async function list(headers: Record<string, string>): Promise<string[]> {
    const response = await system().client.fetch('/task', { headers });
    return ((await response.json()) as { tasks: { id: string }[] }).tasks.map(({ id }) => id);
  }

  it('is closed to those without one, on every route', async () => {
    const open = /^\/(health|metrics)(\/|$)/;
    expect(calls.map(({ name }) => name)).toEqual(expect.arrayContaining(['GET /task', 'DELETE /task/{id}']));
    for (const headers of [undefined, { Authorization: 'Bearer wrong' }, { Authorization: 'Basic YTpi' }, stranger]) {
      for (const { name, method, path } of calls.filter((call) => !open.test(call.path({ id: 'x' })))) {
        const response = await system().client.fetch(path({ id: 'x' }), { method, headers });
        expect(response.status, name).toBe(401);
        if (method !== 'HEAD') expect(await response.json()).toMatchObject({ code: 'unauthorized' });
      }
    }
    expect((await system().client.fetch('/health/ready')).status).toBe(200);
  });

  it('shows a key the tasks of its owner, and nobody else’s', async () => {
    const task = await upload(alice);
    expect(task.state).toBe('finished');
    for (const headers of [alice, alicesOther, withToken]) {
      expect(await list(headers)).toContain(task.id);
      expect((await system().client.fetch(`/task/${task.id}/download`, { headers })).status).toBe(200);
    }
    expect(await list(bob)).not.toContain(task.id);
    // Nor does any other route tell of it.
    for (const { name, path } of calls.filter((call) => call.method === 'GET' && !call.ofTask)) {
      const text = await (await system().client.fetch(path({}), { headers: bob })).text();
      expect(text, name).not.toContain(task.id);
      expect(text, name).not.toMatch(/alice/i);
    }
    const queue = (await (await system().client.fetch('/queue', { headers: bob })).json()) as object;
    expect(Object.values(queue).filter((value) => typeof value !== 'number')).toEqual([]);
    const deleted = await system().client.fetch(`/task/${task.id}`, { method: 'DELETE', headers: alicesOther });
    expect(deleted.status).toBe(204);
  });

  it('lets a key do nothing to the task of another owner: on every route there is no such task', async () => {
    const mine = await upload(bob);
    const others = [await upload(alice), await upload(alice, (await png()).subarray(0, 5000))];
    expect(others.map(({ state }) => state)).toEqual(['finished', 'failed']);
    const routes = calls.filter(({ ofTask, isWorkers }) => ofTask && !isWorkers);
    expect(routes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['GET /task/{id}/download', 'GET /task/{id}/source', 'POST /task/{id}/cancel']),
    );
    for (const { id } of others) {
      const before = (await system().internal('db', `/task/${id}`)) as Task;
      const query = { output: 'image', wait: '1' };
      for (const { name, method, path } of routes) {
        for (const target of [path({ id }), path({ id, query })]) {
          const response = await system().client.fetch(target, { method, headers: bob });
          expect(response.status, name).toBe(404);
          if (method !== 'HEAD') expect(await response.json(), name).toMatchObject({ code: 'task-not-found' });
        }
      }
      expect(await system().internal('db', `/task/${id}`)).toEqual(before);
      expect((await system().client.fetch(`/task/${id}/source`, { headers: alice })).status).toBe(200);
    }
    // The very same calls reach a task of one's own.
    for (const { name, method, path } of routes.filter((route) => route.method !== 'DELETE')) {
      const response = await system().client.fetch(path({ id: mine.id }), { method, headers: bob });
      expect([200, 409], name).toContain(response.status);
    }
    const deleted = await system().client.fetch(`/task/${mine.id}`, { method: 'DELETE', headers: bob });
    expect(deleted.status).toBe(204);
  });

  it('keeps the idempotency keys of owners apart', async () => {
    const key = { 'Idempotency-Key': 'the same' };
    const [one, two, again] = [
      await upload({ ...alice, ...key }),
      await upload({ ...bob, ...key }),
      await upload({ ...alicesOther, ...key }),
    ];
    expect(two.id).not.toBe(one.id);
    expect(again.id).toBe(one.id);
  });

  it('gives no key the power of the service token', async () => {
    const routes = calls.filter(({ isWorkers }) => isWorkers);
    expect(routes.map(({ name }) => name)).toContain('POST /task/next');
    for (const { name, method, path } of routes) {
      const response = await system().client.fetch(path({ id: 'x' }), { method, headers: alice });
      expect(response.status, name).toBe(401);
    }
    const { registry } = system();
    for (const [key, method, path] of [
      ['dbendpoint', 'GET', '/task'],
      ['dbendpoint', 'GET', '/task/settled'],
      ['dbendpoint', 'DELETE', '/task/x'],
      ['dbendpoint', 'GET', '/store'],
      ['storageendpoint', 'GET', '/files'],
      ['storageendpoint', 'GET', '/files/x'],
      ['storageendpoint', 'PUT', '/files/x'],
      ['storageendpoint', 'DELETE', '/files/x'],
      ['storageendpoint', 'GET', '/store'],
      ['storageendpoint', 'PUT', '/store/owner'],
    ] as const) {
      const endpoint = (await (await fetch(`http://${registry}/${key}`)).text()).trim();
      for (const headers of [alice, {}]) {
        expect((await fetch(`http://${endpoint}${path}`, { method, headers })).status, `${key} ${path}`).toBe(401);
      }
    }
  });
});

describe('an API without keys', () => {
  const system = System.shared({ workers: 0, env: { MICRO_RATE_LIMIT: '5' } });

  it('answers a client that asks too often with 429 and when to come back', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => system().client.fetch('/queue')));
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5);
    expect(refused[0]!.headers.get('Retry-After')).toBe('1');
    expect(await refused[0]!.json()).toMatchObject({ code: 'too-many-requests' });
    // Probes and workers have no limit.
    const probes = await Promise.all(Array.from({ length: 20 }, () => system().client.fetch('/health/live')));
    expect(probes.map(({ status }) => status)).toEqual(probes.map(() => 200));
  });

  it('lets no page of another site change anything', async () => {
    const image = await png();
    const { id } = await system().client.upload(image);
    const pages = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'http://elsewhere' },
    ];
    for (const headers of pages) {
      for (const [method, path, body] of [
        ['POST', '/task', form({ image })],
        ['POST', `/task/${id}/cancel`],
        ['DELETE', `/task/${id}`],
      ] as const) {
        const response = await system().client.patiently(path, { method, headers, body });
        expect(response.status, path).toBe(403);
        expect(await response.json()).toMatchObject({ code: 'cross-site-request' });
      }
    }
    const { tasks } = (await (await system().client.patiently('/task')).json()) as { tasks: ShownTask[] };
    expect(tasks).toMatchObject([{ id, state: 'queued' }]);
    expect(await system().storedFiles()).toHaveLength(1);
  });

  it('sends the headers that keep browsers careful', async () => {
    const { headers } = await system().client.fetch('/api');
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'self'");
    expect(headers.get('X-Frame-Options')).toBe('SAMEORIGIN');
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Powered-By')).toBeNull();
    expect(headers.get('Strict-Transport-Security')).toBeNull();
  });
});
