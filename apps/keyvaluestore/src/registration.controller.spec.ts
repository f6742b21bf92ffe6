import { describe, expect, it } from 'vitest';
import { runningRegistry } from '../test/running-registry.js';

const json = { Accept: 'application/json' };

/** The routes of a registry for one test, each answering its status and its body. */
async function opened(config: Parameters<typeof runningRegistry>[0] = {}) {
  const { origin, advance } = await runningRegistry(config);
  const call = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: string }> => {
    const answer = await fetch(`${origin}${path}`, init);
    return { status: answer.status, body: await answer.text() };
  };
  const register = (key: string, body: unknown, headers: Record<string, string> = {}) =>
    call(`/${key}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const values = async (key: string): Promise<unknown> => JSON.parse((await call(`/${key}`, { headers: json })).body);
  return { origin, advance, call, register, values };
}

function problemOf({ status, body }: { status: number; body: string }): unknown {
  const { code, detail } = JSON.parse(body) as { code: string; detail: string };
  return { status, code, detail };
}

describe('The registry', () => {
  it('answers one live endpoint as text, and all of them as JSON', async () => {
    const { origin, call, register, values } = await opened();
    expect(await register('dbendpoint', { value: '10.0.0.7:8001', ttlSeconds: 15 })).toEqual({
      status: 200,
      body: '{"value":"10.0.0.7:8001","ttlSeconds":15}',
    });

    const answer = await fetch(`${origin}/dbendpoint`);

    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toBe('10.0.0.7:8001\n');
    expect(await values('dbendpoint')).toEqual({
      key: 'dbendpoint',
      endpoints: [{ value: '10.0.0.7:8001', expiresInMs: 15_000 }],
    });
    expect((await call('/dbendpoint', { headers: { Accept: 'text/html,*/*;q=0.8' } })).body).toBe('10.0.0.7:8001\n');
  });

  it('rotates over several endpoints', async () => {
    const { call, register } = await opened();
    for (const value of ['a:1', 'b:1']) await register('dbendpoint', { value });

    const answers = [await call('/dbendpoint'), await call('/dbendpoint'), await call('/dbendpoint')];

    expect(answers.map(({ body }) => body)).toEqual(['a:1\n', 'b:1\n', 'a:1\n']);
  });

  it('tells all registrations: a line each, or JSON by key', async () => {
    const { call, register } = await opened();
    expect(await call('/')).toEqual({ status: 200, body: '' });
    await register('storageendpoint', { value: 's:1', ttlSeconds: 10 });
    await register('dbendpoint', { value: 'a:1', ttlSeconds: 10 });
    await register('dbendpoint', { value: 'b:1', ttlSeconds: 10 });

    expect((await call('/')).body).toBe('dbendpoint=a:1\ndbendpoint=b:1\nstorageendpoint=s:1\n');
    expect(JSON.parse((await call('/', { headers: json })).body)).toEqual({
      dbendpoint: [
        { value: 'a:1', expiresInMs: 10_000 },
        { value: 'b:1', expiresInMs: 10_000 },
      ],
      storageendpoint: [{ value: 's:1', expiresInMs: 10_000 }],
    });
  });

  it('answers 404 when nothing is registered, or no longer', async () => {
    const { advance, call, register } = await opened();
    const nothing = {
      status: 404,
      code: 'registration-not-found',
      detail: 'Nothing is registered under dbendpoint',
    };
    expect(problemOf(await call('/dbendpoint'))).toEqual(nothing);
    await register('dbendpoint', { value: 'a:1', ttlSeconds: 15 });
    advance(14);
    expect((await call('/dbendpoint')).status).toBe(200);
    advance(1);

    expect(problemOf(await call('/dbendpoint'))).toEqual(nothing);
    expect(problemOf(await call('/dbendpoint', { headers: json }))).toEqual(nothing);
  });

  it('renews a registration, and takes one again after a move', async () => {
    const { advance, register, values } = await opened();
    await register('dbendpoint', { value: 'a:1', ttlSeconds: 15 });
    advance(10);
    await register('dbendpoint', { value: 'a:1', ttlSeconds: 15 });
    advance(10);
    await register('dbendpoint', { value: 'b:1', ttlSeconds: 15 });

    expect(await values('dbendpoint')).toMatchObject({
      endpoints: [
        { value: 'a:1', expiresInMs: 5_000 },
        { value: 'b:1', expiresInMs: 15_000 },
      ],
    });
  });

  it('keeps a registration that names no time for an hour', async () => {
    const { register, values } = await opened();
    expect((await register('dbendpoint', { value: 'a:1' })).body).toBe('{"value":"a:1","ttlSeconds":3600}');

    expect(await values('dbendpoint')).toMatchObject({ endpoints: [{ expiresInMs: 3_600_000 }] });
  });

  it('ends a registration, and is content when there is none', async () => {
    const { call, register } = await opened();
    await register('dbendpoint', { value: 'a:1' });

    expect((await call('/dbendpoint/a:1', { method: 'DELETE' })).status).toBe(204);

    expect((await call('/dbendpoint')).status).toBe(404);
    expect((await call('/dbendpoint/a:1', { method: 'DELETE' })).status).toBe(204);
  });

  it('refuses reserved words and what is no key', async () => {
    const { call, register } = await opened();
    const long = 'k'.repeat(65);
    for (const key of ['api', 'health', 'metrics', '__proto__', 'Db', '1db', 'db_endpoint', 'a%2Fb', '..%2F', long]) {
      const refused = problemOf(await register(key, { value: 'a:1' }));
      expect(refused, key).toMatchObject({ status: 400, code: 'invalid-request' });
      if (key === 'metrics') continue;
      expect((await call(`/${key}`)).status, key).toBe(400);
      expect((await call(`/${key}/a:1`, { method: 'DELETE' })).status, key).toBe(400);
    }
    expect((await call('/')).body).toBe('');
  });

  it('takes keys that merely begin with a reserved word, or are named like a method', async () => {
    const { call, register } = await opened();
    for (const key of ['apiendpoint', 'health-check', 'constructor', 'k'.repeat(64)]) {
      expect((await call(`/${key}`)).status, key).toBe(404);
      expect((await register(key, { value: 'a:1' })).status, key).toBe(200);
      expect(await call(`/${key}`), key).toEqual({ status: 200, body: 'a:1\n' });
    }
    expect(Object.keys(JSON.parse((await call('/', { headers: json })).body) as object)).toHaveLength(4);
  });

  it('refuses what is no endpoint, and times that make no sense', async () => {
    const { call, register } = await opened();
    const wrong = [
      ...['', 'a', 'a:', ':1', 'a:b', 'a:1/x', 'a b:1', '-a:1', 'a:123456', 7, null, undefined].map((value) => ({
        value,
      })),
      ...[0, -1, 1.5, 86_401, '15', true].map((ttlSeconds) => ({ value: 'a:1', ttlSeconds })),
      { value: 'a:1', until: 'tomorrow' },
      [],
      '{"value": "a:1", "__proto__": {"ttlSeconds": 1}, "more": 1}',
    ];
    for (const body of wrong) {
      const refused = problemOf(await register('dbendpoint', body));
      expect(refused, JSON.stringify(body)).toMatchObject({ status: 400, code: 'invalid-request' });
    }
    expect(problemOf(await register('dbendpoint', '{'))).toMatchObject({ status: 400, code: 'malformed-body' });
    expect(problemOf(await register('dbendpoint', 'value=a:1', { 'Content-Type': 'text/plain' }))).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
    expect((await call('/')).body).toBe('');
  });

  it('wants the service token to register and to deregister, and lets anybody look up', async () => {
    const token = 'a-token-for-the-tests';
    const { call, register } = await opened({ token });
    const bearer = { Authorization: `Bearer ${token}` };

    expect(problemOf(await register('dbendpoint', { value: 'a:1' }))).toMatchObject({
      status: 401,
      code: 'unauthorized',
    });
    expect((await register('dbendpoint', { value: 'a:1' }, { Authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await register('dbendpoint', { value: 'a:1' }, bearer)).status).toBe(200);

    expect((await call('/dbendpoint')).body).toBe('a:1\n');
    expect((await call('/')).body).toBe('dbendpoint=a:1\n');
    expect((await call('/dbendpoint/a:1', { method: 'DELETE' })).status).toBe(401);
    expect((await call('/dbendpoint/a:1', { method: 'DELETE', headers: bearer })).status).toBe(204);
  });
});
