import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { standInForMaster } from '../test/master-stand-in.js';
import { runningUi, serviceToken } from '../test/running-ui.js';

const id = '01980000-0000-7000-8000-000000000001';
const photo = randomBytes(5 * 1024 * 1024);

describe('What ui passes on', () => {
  it('streams a form of 5 MB to master, byte for byte, with its headers, and master’s answer back', async () => {
    const hash = createHash('sha256');
    const master = await standInForMaster((request, response) => {
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () =>
        response
          .writeHead(201, {
            'Content-Type': 'application/json',
            Location: `/task/${id}`,
            'Preference-Applied': 'wait=1',
          })
          .end('{"id":"x"}'),
      );
    });
    const ui = await runningUi(master.endpoint);
    const form = new FormData();
    form.set('image', new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
    const sent = new Response(form);
    const type = sent.headers.get('content-type')!;
    const body = Buffer.from(await sent.arrayBuffer());

    const answer = await fetch(`${ui}/task?labels=a%20b`, {
      method: 'POST',
      headers: { 'Content-Type': type, 'Idempotency-Key': 'key-1', Prefer: 'wait=1', Cookie: 'a=b' },
      body,
    });

    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/task/${id}`);
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
    expect(await answer.json()).toEqual({ id: 'x' });
    expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
    expect(master.requests).toEqual(['POST /task?labels=a%20b']);
    expect(master.last().headers).toMatchObject({
      'content-type': type,
      'content-length': String(body.length),
      'idempotency-key': 'key-1',
      prefer: 'wait=1',
    });
    expect(master.last().headers.cookie).toBeUndefined();
  });

  it('passes on a form of unknown length', async () => {
    const master = await standInForMaster(async (request, response) => response.end(await text(request)));
    const ui = await runningUi(master.endpoint);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of ['one ', 'two ', 'three']) controller.enqueue(Buffer.from(part));
        controller.close();
      },
    });

    const answer = await fetch(`${ui}/task`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
      body,
      duplex: 'half',
    });

    expect(await answer.text()).toBe('one two three');
  });

  it('passes on JSON, which the body parser has read already', async () => {
    const master = await standInForMaster(async (request, response) => response.end(await text(request)));
    const ui = await runningUi(master.endpoint);

    const answer = await fetch(`${ui}/task`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: '{ "name" : "Zürich" }',
    });

    expect(await answer.text()).toBe('{"name":"Zürich"}');
  });

  it('passes on ranges and conditions, and the headers of the file', async () => {
    const file = {
      'Accept-Ranges': 'bytes',
      'Content-Disposition': 'attachment; filename="photo.jpg"',
      'Content-Length': '4',
      'Content-Range': 'bytes 2-5/10',
      'Content-Security-Policy': 'sandbox',
      'Content-Type': 'image/jpeg',
      ETag: '"abc"',
      'Last-Modified': 'Sat, 01 Aug 2026 10:00:00 GMT',
      'Cache-Control': 'private, no-cache',
      'X-Content-Type-Options': 'nosniff',
    };
    const master = await standInForMaster((_request, response) =>
      response.writeHead(206, { ...file, 'Set-Cookie': 'a=b' }).end('2345'),
    );
    const ui = await runningUi(master.endpoint);

    const answer = await fetch(`${ui}/task/${id}/download?output=image`, {
      headers: { Range: 'bytes=2-5', 'If-Range': '"abc"', 'If-None-Match': '"xyz"' },
    });

    expect(answer.status).toBe(206);
    expect(await answer.text()).toBe('2345');
    for (const [name, value] of Object.entries(file)) expect(answer.headers.get(name), name).toBe(value);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('micro-service')).toBe('ui');
    expect(master.requests).toEqual([`GET /task/${id}/download?output=image`]);
    expect(master.last().headers).toMatchObject({ range: 'bytes=2-5', 'if-range': '"abc"', 'if-none-match': '"xyz"' });
  });

  it('passes on 304, 204 and HEAD, which have no body', async () => {
    const master = await standInForMaster((request, response) => {
      if (request.method === 'DELETE') return response.writeHead(204).end();
      if (request.method === 'HEAD') return response.writeHead(200, { 'Content-Length': '1234' }).end();
      return response.writeHead(304, { ETag: '"abc"' }).end();
    });
    const ui = await runningUi(master.endpoint);

    expect((await fetch(`${ui}/task/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${ui}/task/${id}/source`, { headers: { 'If-None-Match': '"abc"' } })).status).toBe(304);
    const head = await fetch(`${ui}/task/${id}/source`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe('1234');
  });

  it('passes on a problem as master answers it', async () => {
    const problem = JSON.stringify({ code: 'not-finished', detail: 'Not yet', status: 409 });
    const master = await standInForMaster((_request, response) =>
      response.writeHead(409, { 'Content-Type': 'application/problem+json', 'Retry-After': '7' }).end(problem),
    );
    const ui = await runningUi(master.endpoint);

    const answer = await fetch(`${ui}/task/${id}/download`);

    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(await answer.text()).toBe(problem);
  });

  it('lets an early refusal through while the form is still being sent', async () => {
    const refusal = '{"code":"payload-too-large","detail":"Too large","status":413}';
    const master = await standInForMaster((request, response) => {
      response.writeHead(413, { 'Content-Type': 'application/problem+json' }).write(refusal);
      request.resume().once('end', () => response.end());
    });
    const ui = await runningUi(master.endpoint);

    const answer = await fetch(`${ui}/task`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
      body: photo,
    });

    expect(answer.status).toBe(413);
    expect(await answer.text()).toBe(refusal);
  });

  it('keeps back-pressure: a master that does not read stops the browser', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const master = await standInForMaster((request, response) => {
      request.once('end', () => response.end('read it all'));
      arrived.resolve(request);
    });
    const ui = await runningUi(master.endpoint);
    const upload = httpRequest(`${ui}/task`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    const chunk = randomBytes(1024 * 1024);
    // What is written and not drained for this long is waiting for the reader.
    const stalled = async (): Promise<boolean> => {
      if (upload.write(chunk)) return false;
      return Promise.race([
        once(upload, 'drain').then(() => false),
        new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
      ]);
    };
    let written = 0;
    while (!(await stalled())) expect(++written).toBeLessThan(64);

    (await arrived.promise).resume();
    upload.end();
    const [answer] = await answered;
    expect(await text(answer)).toBe('read it all');
  });
});

describe('A browser that hangs up', () => {
  it('ends a long poll at master', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const master = await standInForMaster((request) => arrived.resolve(request));
    const ui = await runningUi(master.endpoint);
    const browser = new AbortController();
    const answer = fetch(`${ui}/task/${id}?wait=20`, { signal: browser.signal });
    const closed = once((await arrived.promise).socket, 'close');

    browser.abort();

    await expect(answer).rejects.toThrow('aborted');
    await closed;
  });

  it('ends an upload at master, half-received', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const master = await standInForMaster((request) => arrived.resolve(request.resume()));
    const ui = await runningUi(master.endpoint);
    const upload = httpRequest(`${ui}/task`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x', 'Content-Length': 1_000_000 },
    });
    upload.on('error', () => undefined);
    upload.write('the first bytes');
    const request = await arrived.promise;
    const failed = once(request, 'error');

    upload.destroy();

    await failed.catch(() => undefined);
    expect(request.complete).toBe(false);
  });

  it('ends a download at master', async () => {
    const closed = Promise.withResolvers<void>();
    const master = await standInForMaster((_request, response) => {
      response.once('close', closed.resolve);
      response.writeHead(200, { 'Content-Length': photo.length * 100 }).write(photo);
    });
    const ui = await runningUi(master.endpoint);
    const browser = new AbortController();
    const answer = await fetch(`${ui}/task/${id}/download`, { signal: browser.signal });

    browser.abort();

    await expect(answer.arrayBuffer()).rejects.toThrow('aborted');
    await closed.promise;
  });
});

describe('What a browser cannot reach', () => {
  it.each([
    ['POST', '/task/next'],
    ['POST', '/task/reclaim'],
    ['POST', `/task/${id}/renew`],
    ['POST', `/task/${id}/finish`],
    ['POST', `/task/${id}/fail`],
    ['POST', `/task/${id}/release`],
    ['POST', '/task/next#/cancel'],
    ['POST', '/task/next%2f..%2fnext/cancel'],
    ['POST', '/task/../cancel'],
    ['POST', String.raw`/task/a\..\next/cancel`],
    ['GET', '/task/..'],
    ['GET', '/task/%2e%2e'],
    ['GET', '/task/%2e%2e/ready'],
    ['DELETE', '/task/%2e%2e'],
    ['PUT', `/task/${id}`],
    ['PATCH', `/task/${id}`],
    ['POST', '/queue'],
    ['DELETE', '/task'],
    ['GET', `/task/${id}/attempts`],
    ['GET', '/files/x'],
    ['GET', '/store'],
    ['GET', '//127.0.0.1/task'],
  ])('%s %s is 404 and does not arrive at master', async (method, path) => {
    const master = await standInForMaster((_request, response) => response.end('reached'));
    const ui = await runningUi(master.endpoint);

    const answer = await raw(ui, method, path);

    expect(answer.statusCode).toBe(404);
    expect(JSON.parse(await text(answer))).toMatchObject({ code: 'route-not-found', status: 404 });
    expect(master.requests).toEqual([]);
  });

  it('the power of the service token: only what the browser itself sends goes to master', async () => {
    const master = await standInForMaster((_request, response) => response.end());
    const ui = await runningUi(master.endpoint);

    await fetch(`${ui}/queue`);
    expect(master.last().headers.authorization).toBe('');
    await fetch(`${ui}/queue`, { headers: { Authorization: 'Bearer of-the-browser' } });
    expect(master.last().headers.authorization).toBe('Bearer of-the-browser');
    expect(JSON.stringify(master.last().rawHeaders)).not.toContain(serviceToken);
  });
});

describe('Without a master', () => {
  it.each([
    ['GET /queue', '/queue', {}],
    ['an upload', '/task', { method: 'POST', headers: { 'Content-Type': 'multipart/form-data' }, body: photo }],
  ])('%s is 503', async (_name, path, request: RequestInit) => {
    const ui = await runningUi('127.0.0.1:1');

    const answer = await fetch(ui + path, request);

    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ code: 'service-unavailable' });
  });

  it('an answer of somebody else is 503, too', async () => {
    const stranger = await standInForMaster((_request, response) => response.end('secret'), 'stranger');
    const ui = await runningUi(stranger.endpoint);

    const answer = await fetch(`${ui}/queue`);

    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('secret');
  });

  it('an answer that breaks off is broken off for the browser', async () => {
    const master = await standInForMaster((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('ten bytes.', () => response.destroy());
    });
    const ui = await runningUi(master.endpoint);

    const answer = await fetch(`${ui}/task/${id}/download`);

    await expect(answer.text()).rejects.toThrow('terminated');
  });
});

/** A request whose path is sent as it is written here; `fetch` would tidy it. */
async function raw(origin: string, method: string, path: string): Promise<IncomingMessage> {
  const { hostname, port } = new URL(origin);
  const request = httpRequest({ hostname, port, method, path });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}
