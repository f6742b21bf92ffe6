import { afterEach, describe, expect, it } from 'vitest';
import { loggedErrors } from './harness/logged-errors.js';
import { rawRequest } from './harness/raw-request.js';
import { refusalIn } from './harness/refusal.js';
import { System } from './harness/system.js';

const token = 'a-token-of-the-end-to-end-tests';

async function ask(
  endpoint: string,
  method: string,
  path: string,
  body?: string,
  type = 'application/json',
): Promise<{ status: number; detail: string }> {
  const content: [string, string][] = [
    ['Content-Type', type],
    ['Content-Length', String(Buffer.byteLength(body ?? ''))],
  ];
  const answer = await rawRequest(endpoint, {
    method,
    path,
    headers: [['Authorization', `Bearer ${token}`], ...(body === undefined ? [] : content)],
    body,
  });
  expect(answer.status, `${method} ${path} ${body?.slice(0, 100)}`).toBeLessThan(500);
  return answer.status < 400 ? { status: answer.status, detail: '' } : refusalIn(answer);
}

describe('a request to an internal route, under the token,', () => {
  const system = System.shared({ workers: 0 });
  afterEach(() => expect(loggedErrors(system())).toEqual([]));

  const lease = { worker: 'w', token: 'a'.repeat(22), waitMs: 0 };
  const id = '01a204a4-6741-758c-b63d-33498e1640c2';
  const bodies: [what: string, path: string, body: string, detail: RegExp][] = [
    ['cut off', '/task/next', '{"worker":', /JSON/],
    ['empty', '/task/next', '', /worker must be a string/],
    ['null', '/task/next', 'null', /JSON/],
    ['a text', '/task/next', '"next"', /JSON/],
    ['a list', '/task/next', '[]', /worker must be a string/],
    ['no UTF-8', '/task/next', '\xff\xfe', /JSON/],
    ['nested 50,000 levels deep', '/task/next', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, /100 levels/],
    ['too large', '/task/next', `{"worker":"${'w'.repeat(1_100_000)}"}`, /may have 1048576 bytes/],
    ['with __proto__', '/task/next', '{"__proto__":{"worker":"w"}}', /__proto__ should not exist/],
    ['with constructor', '/task/next', '{"constructor":{"prototype":{}}}', /constructor should not exist/],
    ['with toString', '/task/next', '{"toString":1}', /toString should not exist/],
    ['with an unknown field', '/task/next', JSON.stringify({ ...lease, colour: 1 }), /colour should not exist/],
    ['with a negative wait', '/task/next', JSON.stringify({ ...lease, waitMs: -1 }), /waitMs must not be less than 0/],
    ['with an endless wait', '/task/next', JSON.stringify(lease).replace(':0', ':1e999'), /not be greater than 30000/],
    ['with lists for texts', '/task/next', '{"worker":["w"],"token":{"a":1}}', /worker must be a string/],
    ['with an output null', `/task/${id}/finish`, `{"token":"${lease.token}","outputs":[null]}`, /outputs/],
    ['with outputs of a length', `/task/${id}/finish`, `{"token":"${lease.token}","outputs":{"length":9}}`, /outputs/],
    ['with a word for a yes', `/task/${id}/fail`, `{"token":"${lease.token}","permanent":"yes"}`, /boolean/],
  ];

  it.each(bodies)('with a body that is %s is told so', async (_what, path, body, detail) => {
    for (const service of ['db', 'master'] as const) {
      const { status, detail: said } = await ask(await system().endpointOf(service), 'POST', path, body);
      expect(status).toBe(/bytes/.test(detail.source) ? 413 : 400);
      expect(said).toMatch(detail);
    }
  });

  it('of db, with values that are out of reach, is refused or finds nothing', async () => {
    const db = await system().endpointOf('db');
    const expected: [string, string, number][] = [
      ['GET', '/task/..%2f..', 404],
      ['GET', '/task/__proto__', 404],
      ['GET', '/task/%00/attempts', 404],
      ['POST', '/task/__proto__/cancel', 404],
      ['DELETE', `/task/${id}?revision=1e30`, 404],
      ['DELETE', `/task/${id}?revision=-1`, 400],
      ['GET', `/task/${id}?waitMs=99999999`, 400],
      ['GET', '/task/settled', 400],
      ['GET', '/task/settled?ageSeconds=1e308', 200],
      ['GET', '/task/settled?ageSeconds=-1', 400],
      ['GET', '/task?owner=a&owner=b', 400],
      ['GET', '/task?limit=1e9', 400],
    ];
    for (const [method, path, status] of expected) expect((await ask(db, method, path)).status, path).toBe(status);
    for (const body of ['{}', '{"id":1}', `{"id":"${id}","recipe":[],"labels":null,"source":"x"}`]) {
      expect((await ask(db, 'POST', '/task', body)).status).toBe(400);
    }
  });

  it('of storage, with keys that are none, finds no file', async () => {
    const storage = await system().endpointOf('storage');
    const source = `${id}/source-0123456789abcdef`;
    const keys = ['..', '..%2f..%2fescaped', '../../escaped', '%2e%2e/%2e%2e/escaped', '..%5cescaped', '//etc/passwd']
      .concat(['__proto__', '%00', 'a'.repeat(10_000), `${source}%00`, `${source}/`, `${source}/..`, `/${source}`])
      .concat([source.toUpperCase(), `${id}/0-0123456789abcdef/image`, `${id}/1-0123456789abcdef/..`]);
    for (const key of keys) {
      expect((await ask(storage, 'PUT', `/files/${key}`, 'bytes', 'application/octet-stream')).status, key).toBe(404);
      expect((await ask(storage, 'GET', `/files/${key}`)).status, key).toBe(404);
      expect((await ask(storage, 'DELETE', `/files/${key}`)).status, key).toBe(204);
    }
    for (const query of ['limit=0', 'limit=1e9', 'after=../..', 'taskId=..', 'olderThanSeconds=-1', '__proto__=1']) {
      expect((await ask(storage, 'GET', `/files?${query}`)).status, query).toBe(400);
    }
    for (const body of ['{}', 'null', '{', '{"taskStoreId":["x"]}', `{"taskStoreId":"${'x'.repeat(101)}"}`]) {
      expect((await ask(storage, 'PUT', '/store/owner', body)).status, body).toBe(400);
    }
    expect(await system().storedFiles()).toEqual([]);
  });

  it('of the registry, with names and values that are none, changes nothing', async () => {
    const registry = system().registry;
    const before = await (await fetch(`http://${registry}/`)).text();
    const value = '{"value":"10.0.0.7:80"}';
    for (const key of ['__proto__', 'toString', '..', '%2f', '%00', 'UPPER', 'health', 'api', 'a'.repeat(65)]) {
      expect((await ask(registry, 'POST', `/${key}`, value)).status, key).toBe(400);
      expect((await ask(registry, 'GET', `/${key}`)).status, key).toBe(400);
      expect((await ask(registry, 'DELETE', `/${key}/10.0.0.7:80`)).status, key).toBe(400);
    }
    const values = ['"x"', '":80"', '"a:0"', '"a:65536"', '"a:80\\n"', '"a b:80"', '["a:80"]', '{}', '1e999']
      .map((wrong) => `{"value":${wrong}}`)
      .concat(['-1', '0', '1e9', '0.5', '"1"', '[1]'].map((ttl) => `{"value":"a:80","ttlSeconds":${ttl}}`))
      .concat([`{"value":"${'a'.repeat(500)}:80"}`, '{"value":"a:80","__proto__":1}', '{', 'null', '[]']);
    for (const body of values) expect((await ask(registry, 'POST', '/fuzz', body)).status, body).toBe(400);
    expect((await ask(registry, 'GET', '/constructor')).status).toBe(404);
    expect(await (await fetch(`http://${registry}/`)).text()).toBe(before);
  });
});
