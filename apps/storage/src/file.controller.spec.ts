import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { newSourceKey } from '#contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { maxBytes, RunningStorage } from '../test/running-storage.js';

describe('storage over HTTP', () => {
  let storage: RunningStorage;
  let key: string;

  beforeEach(async () => {
    storage = await RunningStorage.start();
    key = newSourceKey(randomUUID());
  });

  afterEach(() => storage.stop());

  interface Answer {
    status: number;
    headers: IncomingMessage['headers'];
    body: string;
  }

  /** One exchange; the path goes out as it is, where `fetch` would tidy it up. */
  async function send(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders = {},
    body?: string | Buffer,
  ): Promise<Answer> {
    const request = httpRequest({ port: storage.port, host: '127.0.0.1', method, path, headers });
    request.end(body);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    // Of a refused body, the rest meets a connection that may be closed by then.
    request.on('error', () => undefined);
    const chunks = await answer.toArray();
    return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks).toString('latin1') };
  }

  const put = (body: string | Buffer, headers: OutgoingHttpHeaders = {}): Promise<Answer> =>
    send('PUT', `/files/${key}`, { 'Content-Type': 'application/octet-stream', ...headers }, body);

  const get = (headers: OutgoingHttpHeaders = {}): Promise<Answer> => send('GET', `/files/${key}`, headers);

  const expectProblem = ({ status, headers, body }: Answer, expected: number, code: string): void => {
    expect(status).toBe(expected);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status: expected, code });
  };

  const expectNothingStored = async (): Promise<void> => {
    expectProblem(await get(), 404, 'file-not-found');
    expect(await storage.tempFiles()).toEqual([]);
  };

  describe('PUT', () => {
    it('answers 201 with what it stored, and 412 for a key that exists', async () => {
      const answer = await put('0123456789');
      expect(answer.status).toBe(201);
      const sha256 = createHash('sha256').update('0123456789').digest('hex');
      expect(JSON.parse(answer.body)).toEqual({ key, size: 10, sha256 });
      expectProblem(await put('0123456789'), 412, 'file-exists');
    });

    it('says on every answer who answers', async () => {
      const { body } = await send('GET', '/store');
      const { id } = JSON.parse(body) as { id: string };
      for (const answer of [await put('bytes'), await send('GET', '/files/nothing'), await send('GET', '/nowhere')]) {
        expect(answer.headers).toMatchObject({ 'micro-service': 'storage', 'micro-store': id });
      }
    });

    it.each([
      ['the right digest', (base64: string) => `sha-256=:${base64}:`, 201, undefined],
      ['the right digest among others', (base64: string) => `sha-512=:AAAA:, sha-256=:${base64}:`, 201, undefined],
      ['a wrong digest', (base64: string) => `sha-256=:${base64.toLowerCase()}:`, 400, 'digest-mismatch'],
      ['a digest without its form', (base64: string) => `sha-256=${base64}`, 400, 'invalid-request'],
      ['a digest cut short', (base64: string) => `sha-256=:${base64.slice(4)}:`, 400, 'invalid-request'],
      ['a digest that nobody checks', () => 'md5=:1B2M2Y8AsgTpgAmY7PhCfg==:', 400, 'invalid-request'],
    ])('with %s', async (_, header, status, code) => {
      const base64 = createHash('sha256').update('bytes').digest('base64');
      const answer = await put('bytes', { 'Content-Digest': header(base64) });
      if (code === undefined) return expect(answer.status).toBe(status);
      expectProblem(answer, status, code);
      await expectNothingStored();
    });

    it.each(['application/json', 'image/png', 'application/octet-stream-not'])('refuses %s', async (type) => {
      expectProblem(
        await put('{"eaten": "by the body parser"}', { 'Content-Type': type }),
        415,
        'unsupported-media-type',
      );
      await expectNothingStored();
    });

    it.each([undefined, 'application/octet-stream; charset=binary', 'Application/Octet-Stream'])(
      'takes the content type %s',
      async (type) => {
        const answer = await send('PUT', `/files/${key}`, type ? { 'Content-Type': type } : {}, '{"raw": true}');
        expect(answer.status).toBe(201);
        expect((await get()).body).toBe('{"raw": true}');
      },
    );

    it('leaves nothing of a client that hangs up', async () => {
      const socket = await openSocket(
        `PUT /files/${key} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n`,
      );
      socket.write(randomBytes(3_000_000));
      await vi.waitFor(async () => expect(await storage.tempFiles()).toHaveLength(1));
      socket.destroy();
      await vi.waitFor(async () => expect(await storage.tempFiles()).toEqual([]));
      await expectNothingStored();
    });
  });

  describe('a refusal while the body is still coming', () => {
    const tooLarge = maxBytes + 1;

    /** The head of a body that is refused; the body is up to the test. */
    const begin = (): Promise<Socket> =>
      openSocket(`PUT /files/${key} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${tooLarge}\r\n\r\n`);

    it('reaches a client that has sent nothing yet', async () => {
      const socket = await begin();
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1.1 413 [^]*connection: close[^]*"code":"payload-too-large"}$/i);
      socket.destroy();
    });

    it('reaches a client that reads only after it has sent everything, over a connection that is then closed', async () => {
      const socket = await begin();
      socket.pause();
      socket.write(Buffer.alloc(tooLarge));
      await once(socket, 'drain');
      expect(Buffer.concat(await socket.toArray()).toString()).toMatch(/^HTTP\/1.1 413 [^]*}$/);
    });

    it('closes the connection of a client that neither goes on nor stops', async () => {
      const socket = await begin();
      expect(Buffer.concat(await socket.toArray()).toString()).toMatch(/^HTTP\/1.1 413 [^]*}$/);
    });

    it.each([
      ['exists', async () => void (await put('first')), 412, 'file-exists'],
      ['is none', () => void (key = `${randomUUID()}/photo.jpg`), 404, 'file-not-found'],
    ])('reaches a client whose key %s', async (_, prepare, status, code) => {
      await prepare();
      const refused = await put(Buffer.alloc(20_000_000));
      expectProblem(refused, status, code);
    });
  });

  describe('GET', () => {
    const bytes = '0123456789';

    beforeEach(async () => {
      await put(bytes);
    });

    it('gives the bytes, with the headers of a file that never changes', async () => {
      const { status, headers, body } = await get();
      expect({ status, body }).toEqual({ status: 200, body: bytes });
      expect(headers).toMatchObject({
        etag: `"${key}"`,
        'accept-ranges': 'bytes',
        'content-length': '10',
        'content-type': 'application/octet-stream',
        'x-content-type-options': 'nosniff',
      });
    });

    it('HEAD gives the same headers without the bytes', async () => {
      const [{ headers }, head] = [await get(), await send('HEAD', `/files/${key}`, { Range: 'bytes=2-4' })];
      expect(head).toMatchObject({ status: 200, body: '' });
      for (const name of ['etag', 'accept-ranges', 'content-length', 'content-type', 'x-content-type-options']) {
        expect(head.headers[name]).toBe(headers[name]);
      }
      expect((await send('HEAD', `/files/${newSourceKey(randomUUID())}`)).status).toBe(404);
    });

    it.each(['GET', 'HEAD'])('%s answers 304 when the client has the file', async (method) => {
      const { headers } = await get();
      for (const known of [headers.etag, `"other", W/${headers.etag}`, '*']) {
        const answer = await send(method, `/files/${key}`, { 'If-None-Match': known, Range: 'bytes=90-' });
        expect(answer).toMatchObject({ status: 304, body: '', headers: { etag: headers.etag } });
      }
      expect((await get({ 'If-None-Match': '"other"' })).body).toBe(bytes);
      await send('DELETE', `/files/${key}`);
      expect((await send(method, `/files/${key}`, { 'If-None-Match': headers.etag })).status).toBe(404);
    });

    it.each([
      ['bytes=2-4', 'bytes 2-4/10', '234'],
      ['bytes=7-', 'bytes 7-9/10', '789'],
      ['bytes=-2', 'bytes 8-9/10', '89'],
      ['bytes=8-99', 'bytes 8-9/10', '89'],
    ])('answers 206 to %s', async (range, contentRange, body) => {
      const { headers } = await get();
      for (const ifRange of [undefined, headers.etag]) {
        const answer = await get({ Range: range, ...(ifRange && { 'If-Range': ifRange }) });
        expect(answer).toMatchObject({
          status: 206,
          headers: { 'content-range': contentRange, 'content-length': String(body.length) },
          body,
        });
      }
    });

    it('gives the whole file when the range is of another file, or cannot be read', async () => {
      const { etag } = (await get()).headers;
      for (const ifRange of ['"other"', `W/${etag}`, new Date().toUTCString()]) {
        expect(await get({ Range: 'bytes=2-4', 'If-Range': ifRange })).toMatchObject({ status: 200, body: bytes });
      }
      for (const range of ['bytes=4-2', 'bytes=1-2,4-5', 'lines=1-2', 'bytes=-']) {
        expect(await get({ Range: range })).toMatchObject({ status: 200, body: bytes });
      }
    });

    it('answers 416 to a range outside of the file', async () => {
      const answer = await get({ Range: 'bytes=10-' });
      expectProblem(answer, 416, 'range-not-satisfiable');
      expect(answer.headers['content-range']).toBe('bytes */10');
    });

    it('closes the file when the client hangs up', async () => {
      key = newSourceKey(randomUUID());
      await put(Buffer.alloc(20_000_000));
      const socket = await openSocket(`GET /files/${key} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await once(socket, 'data');
      socket.pause();
      expect(await openFiles(storage.folder)).toHaveLength(1);
      socket.destroy();
      await vi.waitFor(async () => expect(await openFiles(storage.folder)).toEqual([]));
    });
  });

  it('DELETE answers 204, and again', async () => {
    await put('bytes');
    for (const _ of [1, 2]) expect(await send('DELETE', `/files/${key}`)).toMatchObject({ status: 204, body: '' });
    await expectNothingStored();
  });

  it.each([
    '/files/..%2fstore.json',
    '/files/../../store.json',
    '/files/%zz',
    '/files/%2e%2e/store.json',
    '/files//etc/passwd',
    '/files/__proto__',
    '/files/KEY%2f',
    '/files/KEY/',
    '/files/KEY%00',
  ])('%s is not found', async (path) => {
    await put('bytes');
    const trick = path.replace('KEY', key);
    for (const method of ['GET', 'HEAD', 'PUT']) expect((await send(method, trick)).status).toBe(404);
    expect((await send('GET', `/files/${key.replace('/', '%2f')}`)).status).toBe(404);
    expect((await send('GET', `/files/${key.replace('s', '%73')}`)).status).toBe(404);
  });

  it('lists by query, and refuses a wrong one', async () => {
    await put('bytes');
    const { body } = await send('GET', `/files?taskId=${key.slice(0, 36)}&olderThanSeconds=0&limit=1`);
    expect(JSON.parse(body)).toEqual({ files: [{ key, size: 5, ageSeconds: expect.any(Number) }], next: null });
    for (const query of ['taskId=..', 'limit=0', 'limit=1001', 'olderThanSeconds=x', 'after=..', 'prefix=a']) {
      expectProblem(await send('GET', `/files?${query}`), 400, 'invalid-request');
    }
  });

  it('tells its id and its owner', async () => {
    const claim = (taskStoreId: unknown): Promise<Answer> =>
      send('PUT', '/store/owner', { 'Content-Type': 'application/json' }, JSON.stringify({ taskStoreId }));
    expectProblem(await claim(7), 400, 'invalid-request');
    expect((await claim('the task store')).status).toBe(204);
    expectProblem(await claim('another'), 409, 'store-mismatch');
    const { headers, body } = await send('GET', '/store');
    expect(JSON.parse(body)).toEqual({ id: headers['micro-store'], owner: 'the task store' });
  });

  async function openSocket(head: string): Promise<Socket> {
    const socket = connect(storage.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(head);
    return socket;
  }
});

/** The files of a folder that this process has open, as Linux knows them. */
async function openFiles(folder: string): Promise<string[]> {
  const paths = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return paths.filter((path) => path.startsWith(folder));
}
