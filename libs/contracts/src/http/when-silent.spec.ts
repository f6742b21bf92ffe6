import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { clientOf, problem, server } from '../../test/db-stand-in.js';

const get = { method: 'GET', path: '/' };
const put = { method: 'PUT', path: '/files/key' };

describe('An exchange in which nothing moves', () => {
  const idleMs = 500;
  const patience = { callMs: 10_000, idleMs };

  it('goes on while it waits for the source of its body', async () => {
    const db = await server(async (request, response) => response.end(await text(request)));
    const body = (async function* () {
      await sleep(2.5 * idleMs);
      yield Buffer.from('after a pause, ');
      await sleep(2.5 * idleMs);
      yield Buffer.from('and another');
    })();
    const { client, aside } = clientOf([db.endpoint], { patience });

    const answer = await client.exchange({ ...put, body });

    expect(await text(answer)).toBe('after a pause, and another');
    expect(aside).toEqual([]);
  });

  it('goes on while the answer waits for its reader', async () => {
    const bytes = randomBytes(3_000_000);
    const db = await server((_, response) => response.end(bytes));
    const answer = await clientOf([db.endpoint], { patience }).client.exchange(get);
    const reader = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const read = [((await reader.next()) as IteratorYieldResult<Buffer>).value];

    await sleep(2.5 * idleMs);

    for (let next = await reader.next(); !next.done; next = await reader.next()) read.push(next.value);
    expect(Buffer.concat(read).equals(bytes)).toBe(true);
  });

  it('is given up when the service takes no more of the body', async () => {
    const db = await server((request) => request.once('data', () => request.pause()));
    const body = (async function* () {
      for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
    })();
    const { client, aside } = clientOf([db.endpoint], { patience });

    await expect(client.exchange({ ...put, body })).rejects.toEqual(problem('service-unavailable'));

    expect(aside).toEqual([`silent ${db.endpoint}`]);
  });

  it('is given up when the service has the whole body, for which it had to wait, and says nothing', async () => {
    const db = await server((request) => request.resume());
    const body = (async function* () {
      await sleep(2.5 * idleMs);
      yield Buffer.alloc(10);
    })();
    const { client, aside } = clientOf([db.endpoint], { patience });

    await expect(client.exchange({ ...put, body })).rejects.toEqual(problem('service-unavailable'));

    expect(aside).toEqual([`silent ${db.endpoint}`]);
  });

  it('is broken off when the service stops in the middle of its answer', async () => {
    const db = await server((_, response) => response.writeHead(200, { 'Content-Length': 10 }).write('half'));
    const answer = await clientOf([db.endpoint], { patience }).client.exchange(get);

    await expect(text(answer)).rejects.toThrow(`db was silent for ${idleMs / 1000} s`);
  });
});
