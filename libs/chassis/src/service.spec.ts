import { requestContext, type RequestContext } from '#contracts';
import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { runningService } from '../test/running-service.js';
import { Readiness } from './health/readiness.js';
import { Listening } from './listening.js';
import { ServiceIdentity } from './service-identity.js';

@Controller('context')
class ContextController {
  @Get()
  async context(): Promise<RequestContext | object> {
    await Promise.resolve();
    return requestContext.getStore() ?? {};
  }
}

describe('Every answer of a service', () => {
  it('names the service and, once it has one, its store', async () => {
    const { app, origin } = await runningService([ContextController]);
    const { headers: before } = await fetch(`${origin}/context`);
    expect(before.get('micro-service')).toBe('db');
    expect(before.has('micro-store')).toBe(false);

    app.get(ServiceIdentity).storeId = 'store-1';

    for (const path of ['/context', '/nowhere', '/health/live']) {
      const { headers } = await fetch(`${origin}${path}`);
      expect(headers.get('micro-service'), path).toBe('db');
      expect(headers.get('micro-store'), path).toBe('store-1');
    }
  });

  it('says nothing of the software, and has no ETag of its own', async () => {
    const { origin } = await runningService([ContextController]);

    const { headers } = await fetch(`${origin}/context`);

    expect(headers.has('x-powered-by')).toBe(false);
    expect(headers.has('etag')).toBe(false);
  });

  it('has the id of its request: the caller’s, which the code inside sees too', async () => {
    const { origin } = await runningService([ContextController]);

    const answer = await fetch(`${origin}/context`, { headers: { 'X-Request-Id': 'upload-7' } });

    expect(answer.headers.get('x-request-id')).toBe('upload-7');
    expect(await answer.json()).toEqual({ requestId: 'upload-7' });
  });

  it('has a fresh request id when there is none, or none that is fit for a log', async () => {
    const { origin } = await runningService([ContextController]);
    const ids = new Set<string>();
    for (const given of ['', 'a b', '<script>', 'x'.repeat(101)]) {
      const answer = await fetch(`${origin}/context`, { headers: { 'X-Request-Id': given } });
      const id = answer.headers.get('x-request-id')!;
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(await answer.json()).toEqual({ requestId: id });
      ids.add(id);
    }
    expect(ids.size).toBe(4);
  });
});

describe('The health of a service', () => {
  it('is alive even while it waits for something, and ready when everything is there', async () => {
    const { app, origin } = await runningService([]);
    let missing: string | null = 'no live dbendpoint';
    app.get(Readiness).need('dbendpoint', () => missing);
    app.get(Readiness).need('disk', async () => null);

    expect((await fetch(`${origin}/health/live`)).status).toBe(200);
    const waiting = await fetch(`${origin}/health/ready`);
    expect(waiting.status).toBe(503);
    expect(await waiting.json()).toMatchObject({
      status: 'error',
      details: { dbendpoint: { status: 'down', message: 'no live dbendpoint' }, disk: { status: 'up' } },
    });

    missing = null;
    const ready = await fetch(`${origin}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'ok', details: { dbendpoint: { status: 'up' } } });
  });

  it('is measured for Prometheus', async () => {
    const { origin } = await runningService([]);

    const answer = await fetch(`${origin}/metrics`);

    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toMatch(/process_cpu_user_seconds_total\{service="db"\} /);
  });
});

describe('A service that listens', () => {
  it('takes the address of IPv4 that a name has, so that others can be told of it', async () => {
    const { app } = await runningService([], { host: 'localhost' });

    expect(await app.get(Listening).address).toMatchObject({ address: '127.0.0.1' });
  });

  it('tells the address to those who wait for it', async () => {
    const { app, origin } = await runningService([]);

    const { port } = await app.get(Listening).address;

    expect(origin).toBe(`http://127.0.0.1:${port}`);
  });
});
