import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loggedErrors } from './harness/logged-errors.js';
import type { ShownTask } from './harness/master-client.js';
import { openFilesOf } from './harness/open-files.js';
import { png } from './harness/photo.js';
import { RawConnection, rawRequest, requestHead } from './harness/raw-request.js';
import { refusalIn } from './harness/refusal.js';
import { System } from './harness/system.js';

describe('a request', () => {
  const system = System.shared({ env: { MICRO_RATE_LIMIT: '0' } });
  let task: ShownTask;
  let output: Buffer;
  beforeAll(async () => {
    const { client } = system();
    task = await client.settled((await client.upload(await png())).id);
    output = await client.download(task.outputs[0]!.href);
  });
  afterEach(() => expect(loggedErrors(system())).toEqual([]));

  const ids = [
    ['..', '..'],
    ['%2e%2e', '..'],
    ['.', '.'],
    ['%2e', '.'],
    ['..%2f..%2fqueue', '../../queue'],
    ['..%5c..%5cqueue', '..\\..\\queue'],
    ['settled', 'settled'],
    ['next', 'next'],
    ['reclaim', 'reclaim'],
    ['%00', '\0'],
    ['x%0d%0aSet-Cookie:%20a=b', 'x\r\nSet-Cookie: a=b'],
    ['%E2%80%AE', '\u202E'],
    ['%F0%9F%98%80', '😀'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ["'%20OR%201=1--", "' OR 1=1--"],
    ['-1', '-1'],
    ['NaN', 'NaN'],
    ['a'.repeat(10_000), 'a'.repeat(100)],
  ] as const;

  it.each(ids)('for the task %j is one for a task that does not exist', async (path, id) => {
    const master = await system().endpointOf('master');
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '?wait=1'],
      ['GET', '/ready'],
      ['GET', '/download'],
      ['GET', '/source'],
      ['POST', '/cancel'],
      ['POST', '/retry'],
      ['DELETE', ''],
    ] as const) {
      const answer = await rawRequest(master, { method, path: `/task/${path}${rest}` });
      const expected = { status: 404, code: 'task-not-found', detail: `There is no task ${id}` };
      expect(JSON.parse(answer.body.toString()), `${method} ${rest}`).toMatchObject(expected);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it.each([
    ['%ff', 404],
    ['%zz', 404],
    ['%', 404],
    ['ä', 400],
    ['a b', 400],
  ])('for the path /task/%s, which cannot be read, is refused', async (path, status) => {
    const answer = await rawRequest(await system().endpointOf('master'), { path: `/task/${path}` });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ status });
  });

  const whole = ['', 'bytes', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=5-2', 'bytes=0-1,3-4', 'items=0-1', 'bytes=1e1-']
    .concat(['bytes=--1', 'bytes=+1-2', 'bytes=0x1-2', `bytes=0-${'9'.repeat(30)}`, 'bytes=٠-١', 'bytes=0-1;q=1'])
    .concat([`bytes=${Array.from({ length: 2_000 }, () => '0-').join(',')}`]);

  it.each(whole)('for the range %j gets the whole file', async (range) => {
    const answer = await rawRequest(await system().endpointOf('master'), {
      path: task.outputs[0]!.href,
      headers: [['Range', range]],
    });
    expect(answer.status).toBe(200);
    expect(answer.body.equals(output)).toBe(true);
  });

  it('for a part that is not there is told the size', async () => {
    for (const range of ['bytes=999999999-', 'bytes=-0', `bytes=${output.length}-${output.length}`]) {
      const response = await system().client.fetch(task.outputs[0]!.href, { headers: { Range: range } });
      expect(await refusalIn(response)).toMatchObject({ status: 416, code: 'range-not-satisfiable' });
      expect(response.headers.get('Content-Range')).toBe(`bytes */${output.length}`);
    }
  });

  it('for a part that is there in part gets that', async () => {
    for (const [range, start] of [
      [`bytes=${output.length - 5}-999999999`, output.length - 5],
      ['bytes=-999999999', 0],
    ] as const) {
      const response = await system().client.fetch(task.outputs[0]!.href, { headers: { Range: range } });
      expect(response.status).toBe(206);
      expect(Buffer.from(await response.arrayBuffer()).equals(output.subarray(start))).toBe(true);
    }
  });

  const queries = [
    ['limit=-1', /limit must not be less than 1/],
    ['limit=0', /limit must not be less than 1/],
    ['limit=201', /limit must not be greater than 200/],
    ['limit=1e9', /limit must not be greater than 200/],
    ['limit=1e999', /limit must not be greater than 200/],
    ['limit=NaN', /limit must be an integer/],
    ['limit=1.5', /limit must be an integer/],
    ['limit=', /limit must not be less than 1/],
    ['limit=1&limit=2', /limit must be an integer/],
    ['limit[]=1', /limit\[\] should not exist/],
    ['state=lost', /state must be one of.*queued, running/],
    ['state=queued&state=failed', /state must be one of/],
    ['state=__proto__', /state must be one of/],
    ['after=x', /after must be a UUID/],
    ['after=00000000-0000-0000-0000-000000000000%00', /after must be a UUID/],
    ['owner=alice', /owner should not exist/],
    ['__proto__=1', /__proto__ should not exist/],
    ['constructor=1', /constructor should not exist/],
    ['toString=1', /toString should not exist/],
    ['%00=1', /should not exist/],
  ] as const;

  it.each(queries)('for tasks with ?%s is told what is wrong with it', async (query, detail) => {
    const refusal = await refusalIn(await system().client.fetch(`/task?${query}`));
    expect(refusal).toMatchObject({ status: 400, code: 'invalid-request' });
    expect(refusal.detail).toMatch(detail);
  });

  it.each(['-1', '31', '999999', '1e9', '0.5', 'NaN', '1&wait=2', '%00'])(
    'to wait for %s seconds is refused at once',
    async (wait) => {
      const refusal = await refusalIn(await system().client.fetch(`/task/${task.id}?wait=${wait}`));
      expect(refusal).toMatchObject({ status: 400, code: 'invalid-request' });
      expect(refusal.detail).toMatch(/wait must (not be (less than 0|greater than 30)|be an integer)/);
    },
  );

  it('with conditions that cannot be read gets the file', async () => {
    for (const headers of [{ 'If-None-Match': '"' }, { 'If-None-Match': '",'.repeat(3_000) }]) {
      expect((await system().client.fetch(task.outputs[0]!.href, { headers })).status).toBe(200);
    }
    const parted = { 'If-Range': 'yesterday', Range: 'bytes=0-0' };
    expect((await system().client.fetch(task.outputs[0]!.href, { headers: parted })).status).toBe(200);
  });

  it('for a download that the client breaks off leaves nothing open, and the next one is served', async () => {
    const { client } = system();
    // More than the buffers of all sockets on its way hold.
    const noise = Buffer.concat([await png({ width: 8, height: 8 }), Buffer.alloc(20e6, 'n')]);
    const { source } = await client.upload(noise);
    const master = await system().endpointOf('master');
    for (let number = 0; number < 10; number++) {
      const connection = await RawConnection.open(master);
      await connection.send(requestHead({ path: source.href }));
      await vi.waitFor(() => expect(connection.receivedBytes).toBeGreaterThan(1_000), { timeout: 10_000 });
      await connection.hangUp();
    }
    await vi.waitFor(
      async () => {
        for (const name of ['master', 'storage']) expect(await openFilesOf(system().process(name).pid)).toEqual([]);
      },
      { timeout: 10_000 },
    );
    expect((await client.download(source.href)).length).toBe(noise.length);
  });
});
