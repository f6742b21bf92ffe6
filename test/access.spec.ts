import { describe, expect, it } from 'vitest';
import { form } from './harness/form.js';
import type { ShownTask } from './harness/master-client.js';
import { png } from './harness/photo.js';
import { System } from './harness/system.js';

const alice = { Authorization: 'Bearer alice-has-a-long-key' };
const alicesOther = { Authorization: 'Bearer alice-has-another-key' };
const bob = { Authorization: 'Bearer bob-has-a-long-key' };
const stranger = { Authorization: 'Bearer a-token-that-nobody-gave-out' };

describe('an API with keys', () => {
  const system = System.shared({
    env: {
      MICRO_API_KEYS: 'alice:alice-has-a-long-key,bob:bob-has-a-long-key,alice:alice-has-another-key',
      MICRO_TOKEN: 'a-token-of-the-end-to-end-tests',
    },
  });
  const withToken = { Authorization: 'Bearer a-token-of-the-end-to-end-tests' };

  async function upload(headers: Record<string, string>): Promise<ShownTask> {
    const body = form({ image: await png() });
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
    const requests: [string, string][] = [
      ['GET', '/task'],
      ['POST', '/task'],
      ['GET', '/task/x'],
      ['GET', '/task/x/ready'],
      ['GET', '/task/x/download'],
      ['GET', '/task/x/source'],
      ['POST', '/task/x/cancel'],
      ['POST', '/task/x/retry'],
      ['DELETE', '/task/x'],
      ['GET', '/queue'],
      ['GET', '/recipes'],
    ];
    for (const headers of [undefined, { Authorization: 'Bearer wrong' }, { Authorization: 'Basic YTpi' }, stranger]) {
      for (const [method, path] of requests) {
        const response = await system().client.fetch(path, { method, headers });
        expect(response.status, `${method} ${path}`).toBe(401);
        expect(await response.json()).toMatchObject({ code: 'unauthorized' });
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
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '?wait=20'],
      ['GET', '/ready'],
      ['GET', '/download'],
      ['GET', '/source'],
      ['POST', '/cancel'],
      ['POST', '/retry'],
      ['DELETE', ''],
    ] as const) {
      const response = await system().client.fetch(`/task/${task.id}${path}`, { method, headers: bob });
      expect(response.status, `${method} ${path}`).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'task-not-found' });
    }
    expect((await system().client.fetch(`/task/${task.id}`, { method: 'DELETE', headers: alicesOther })).status).toBe(
      204,
    );
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
    expect((await system().client.fetch('/task/next', { method: 'POST', headers: alice })).status).toBe(401);
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
    for (const site of ['cross-site', 'same-site']) {
      const response = await system().client.patiently('/task/x/cancel', {
        method: 'POST',
        headers: { 'Sec-Fetch-Site': site },
      });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'cross-site-request' });
    }
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
