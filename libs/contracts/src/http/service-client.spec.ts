import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { json, text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { clientOf, closedEndpoint, problem, server, type Answer } from '../../test/db-stand-in.js';
import { Problem } from '../problem/problem.js';
import { requestContext } from './request-context.js';

const ok: Answer = (_, response) => response.setHeader('Content-Type', 'application/json').end('{"ok":true}');
const never: Answer = () => undefined;
const notFound: Answer = (_, response) =>
  response.writeHead(404).end(JSON.stringify(new Problem('task-not-found', 'none').toDetails()));

const get = { method: 'GET', path: '/' } as const;

describe('ServiceClient', () => {
  describe('a call', () => {
    it('sends JSON with the token and the request id, and answers what was answered', async () => {
      const bodies: unknown[] = [];
      const db = await server(async (request, response) => {
        bodies.push(await json(request));
        response.setHeader('Content-Type', 'application/json').end('{"id":7}');
      });
      const { client } = clientOf([db.endpoint], { token: 'a-secret-of-services' });

      const answer = await requestContext.run({ requestId: 'request-1' }, () =>
        client.call({ method: 'POST', path: '/task?a=b', body: { name: 'Zürich' } }),
      );

      expect(answer).toEqual({ id: 7 });
      expect(bodies).toEqual([{ name: 'Zürich' }]);
      expect(db.requests[0]).toMatchObject({ method: 'POST', url: '/task?a=b' });
      expect(db.requests[0]!.headers).toMatchObject({
        authorization: 'Bearer a-secret-of-services',
        'x-request-id': 'request-1',
        accept: 'application/json',
      });
    });

    it('sends no token when there is none', async () => {
      const db = await server(ok);

      await clientOf([db.endpoint]).client.call(get);

      expect(db.requests[0]!.headers).not.toHaveProperty('authorization');
    });

    it('answers undefined for an answer without a body', async () => {
      const db = await server((_, response) => response.writeHead(204).end());

      expect(await clientOf([db.endpoint]).client.call(get)).toBeUndefined();
    });

    it('throws the problem that the service answered, as it was thrown there', async () => {
      const errors = [{ field: 'priority', message: 'priority must not be greater than 100' }];
      const thrown = new Problem('invalid-request', 'priority is wrong', { errors, retryAfterSeconds: 3, size: 5 });
      const db = await server((_, response) =>
        response
          .writeHead(thrown.status, { 'Content-Type': 'application/problem+json' })
          .end(JSON.stringify(thrown.toDetails())),
      );
      const { client, aside } = clientOf([db.endpoint]);

      const caught = await client.call(get).catch((error: unknown) => error);

      expect(caught).toBeInstanceOf(Problem);
      expect(caught).toMatchObject({
        code: 'invalid-request',
        detail: 'priority is wrong',
        extras: { errors, retryAfterSeconds: 3, size: 5 },
      });
      expect(db.requests).toHaveLength(1);
      expect(aside).toEqual([]);
    });

    it('takes an error without a problem for a service that cannot be reached', async () => {
      const db = await server((_, response) => response.writeHead(502).end('<html>'));

      await expect(clientOf([db.endpoint]).client.call(get)).rejects.toEqual(
        problem('service-unavailable', 'answered 502 without a problem'),
      );
    });

    it('tries another endpoint when one refuses', async () => {
      const [closed, db] = [await closedEndpoint(), await server(ok)];
      const { client, aside } = clientOf([closed, db.endpoint]);

      expect(await client.call(get)).toEqual({ ok: true });
      expect(aside).toEqual([`refused ${closed}`]);
    });

    it('tries another endpoint when one resets the connection', async () => {
      const [resetting, db] = [await server((request) => request.socket.destroy()), await server(ok)];
      const { client, aside } = clientOf([resetting.endpoint, db.endpoint]);

      expect(await client.call(get)).toEqual({ ok: true });
      expect(aside).toEqual([`refused ${resetting.endpoint}`]);
    });

    it('gives up after three tries', async () => {
      const closed = await closedEndpoint();
      const { client, aside } = clientOf([closed]);

      const caught = await client.call(get).catch((error: unknown) => error);

      expect(caught).toEqual(problem('service-unavailable', `${closed}: ECONNREFUSED`));
      expect(caught).toMatchObject({ extras: { retryAfterSeconds: 1 } });
      expect(aside).toHaveLength(3);
    });

    it('says to clients which service cannot be reached, and to nobody but the log why', async () => {
      const closed = await closedEndpoint();
      const caught = (await clientOf([closed])
        .client.call(get)
        .catch((error: unknown) => error)) as Problem;

      expect(caught.toDetails().detail).toBe('db cannot be reached');
      expect(caught.message).toBe(`service-unavailable: db cannot be reached: ${closed}: ECONNREFUSED`);
    });

    it('does not try again when a service is silent: it may still be at work on the call', async () => {
      const db = await server(never);
      const { client, aside } = clientOf([db.endpoint], { patience: { callMs: 20, idleMs: 60_000 } });

      await expect(client.call(get)).rejects.toEqual(problem('service-unavailable'));

      expect(db.requests).toHaveLength(1);
      expect(aside).toEqual([`silent ${db.endpoint}`]);
    });

    it('rejects with the reason of an abort, and hangs up', async () => {
      const db = await server(never);
      const { client, aside } = clientOf([db.endpoint]);
      const controller = new AbortController();
      const answer = client.call({ ...get, signal: controller.signal });
      answer.catch(() => undefined);
      await vi.waitFor(() => expect(db.requests).toHaveLength(1));
      const hungUp = once(db.requests[0]!.socket, 'close');

      controller.abort(new Error('the worker is draining'));

      await expect(answer).rejects.toThrow('the worker is draining');
      await hungUp;
      expect(aside).toEqual([]);
    });
  });

  describe('the identity of an answer', () => {
    it('must be that of the service called; a stranger is set aside and another endpoint tried', async () => {
      const [stranger, db] = [await server(ok, { service: 'storage' }), await server(ok)];
      const { client, aside } = clientOf([stranger.endpoint, db.endpoint]);

      expect(await client.call(get)).toEqual({ ok: true });
      expect(aside).toEqual([`stranger ${stranger.endpoint}`]);
    });

    it('is missing in the answer of a stranger who knows nothing of us', async () => {
      const stranger = await server(ok, { service: '' });

      await expect(clientOf([stranger.endpoint]).client.call(get)).rejects.toEqual(problem('service-unavailable'));
    });

    it('counts before the status: the 404 of a stranger is no answer', async () => {
      const [stranger, db] = [await server(notFound, { service: 'storage' }), await server(ok)];

      expect(await clientOf([stranger.endpoint, db.endpoint]).client.call(get)).toEqual({ ok: true });
    });

    it('includes the store: the one that answered first is the one, another is a stranger', async () => {
      const [first, other] = [await server(ok, { store: 'store-1' }), await server(ok, { store: 'store-2' })];
      const { client, aside } = clientOf([first.endpoint, other.endpoint]);

      await client.call(get);
      expect(await client.call(get)).toEqual({ ok: true });

      expect(aside).toEqual([`stranger ${other.endpoint}`]);
      expect(first.requests).toHaveLength(2);
    });

    it('is asked of an exchange too', async () => {
      const [stranger, db] = [await server(ok, { service: 'master' }), await server(ok)];
      const { client, aside } = clientOf([stranger.endpoint, db.endpoint]);

      const answer = await client.exchange(get);

      expect(await text(answer)).toBe('{"ok":true}');
      expect(aside).toEqual([`stranger ${stranger.endpoint}`]);
    });
  });

  describe('an exchange', () => {
    const put = { method: 'PUT', path: '/files/key' };

    it('streams a body there and an answer back, whatever its status', async () => {
      const db = await server((request, response) => void request.pipe(response.writeHead(418)));
      const bytes = randomBytes(3_000_000);
      const body = (async function* () {
        for (let from = 0; from < bytes.length; from += 100_000) yield bytes.subarray(from, from + 100_000);
      })();

      const { client } = clientOf([db.endpoint], { token: 'a-secret-of-services' });
      const answer = await client.exchange({ ...put, headers: { 'X-Size': '3000000', 'X-None': undefined }, body });

      const echoed: Buffer[] = [];
      for await (const chunk of answer as AsyncIterable<Buffer>) echoed.push(chunk);
      expect(answer.statusCode).toBe(418);
      expect(Buffer.concat(echoed).equals(bytes)).toBe(true);
      expect(db.requests[0]!.headers).toMatchObject({
        'x-size': '3000000',
        authorization: 'Bearer a-secret-of-services',
      });
      expect(db.requests[0]!.headers).not.toHaveProperty('x-none');
    });

    it('says what it is about before the source of its body gives anything', async () => {
      const arrived = Promise.withResolvers<void>();
      const db = await server(async (request, response) => {
        arrived.resolve();
        response.end(await text(request));
      });
      const body = (async function* () {
        await arrived.promise;
        yield Buffer.from('now');
      })();

      expect(await text(await clientOf([db.endpoint]).client.exchange({ ...put, body }))).toBe('now');
    });

    it('takes a refusal that comes while the body is still being sent for the answer', async () => {
      const refusal = JSON.stringify(new Problem('payload-too-large', 'at most 1 MB').toDetails());
      const db = await server((_, response) => response.writeHead(413, { Connection: 'close' }).end(refusal));
      const body = (async function* () {
        for (;;) {
          yield Buffer.alloc(65_536);
          await setImmediate();
        }
      })();
      const { client, aside } = clientOf([db.endpoint]);

      const answer = await client.exchange({ ...put, body });

      expect(answer.statusCode).toBe(413);
      expect(await client.problemIn(answer)).toEqual(problem('payload-too-large', 'at most 1 MB'));
      expect(aside).toEqual([]);
    });

    it('rejects with the error of the body’s source when that is what failed', async () => {
      const db = await server((request) => request.resume());
      const body = (async function* () {
        yield Buffer.alloc(10);
        await setImmediate();
        throw new Error('the client hung up');
      })();
      const { client, aside } = clientOf([db.endpoint]);

      await expect(client.exchange({ ...put, body })).rejects.toThrow('the client hung up');

      expect(aside).toEqual([]);
    });

    it('is tried once with a body, because a stream cannot be read twice', async () => {
      const [closed, db] = [await closedEndpoint(), await server(ok)];
      const body = (async function* () {
        yield Buffer.alloc(10);
      })();
      const { client, aside } = clientOf([closed, db.endpoint]);

      await expect(client.exchange({ ...put, body })).rejects.toEqual(problem('service-unavailable'));

      expect(db.requests).toHaveLength(0);
      expect(aside).toEqual([`refused ${closed}`]);
    });

    it('tries another endpoint without a body', async () => {
      const [closed, db] = [await closedEndpoint(), await server(ok)];

      const answer = await clientOf([closed, db.endpoint]).client.exchange(get);

      expect(await text(answer)).toBe('{"ok":true}');
    });

    it('gives up a service that falls silent', async () => {
      const db = await server(never);
      const { client, aside } = clientOf([db.endpoint], { patience: { callMs: 10_000, idleMs: 20 } });

      await expect(client.exchange(get)).rejects.toEqual(problem('service-unavailable', 'silent for 0.02 s'));

      expect(db.requests).toHaveLength(1);
      expect(aside).toEqual([`silent ${db.endpoint}`]);
    });

    it('rejects with the reason of an abort, and hangs up', async () => {
      const db = await server(never);
      const controller = new AbortController();
      const answer = clientOf([db.endpoint]).client.exchange({ ...get, signal: controller.signal });
      answer.catch(() => undefined);
      await vi.waitFor(() => expect(db.requests).toHaveLength(1));
      const hungUp = once(db.requests[0]!.socket, 'close');

      controller.abort(new Error('nobody wants it any more'));

      await expect(answer).rejects.toThrow('nobody wants it any more');
      await hungUp;
    });

    it('whose error is no problem of ours says that the service cannot be reached', async () => {
      const db = await server((_, response) => response.writeHead(500).end('oops'));
      const { client } = clientOf([db.endpoint]);

      expect(await client.problemIn(await client.exchange(get))).toEqual(
        problem('service-unavailable', 'answered 500 without a problem'),
      );
    });
  });
});
