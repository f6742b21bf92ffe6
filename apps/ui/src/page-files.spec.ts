import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { runningUi } from '../test/running-ui.js';

const nobody = '127.0.0.1:1';

describe('The page’s files', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/index.html', 'text/html; charset=utf-8'],
    ['/page.js', 'text/javascript; charset=utf-8'],
    ['/page.css', 'text/css; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
  ])('%s is served under a strict policy, and asked for again each time', async (path, type) => {
    const ui = await runningUi(nobody);

    const answer = await fetch(ui + path);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = answer.headers.get('content-security-policy')!.split('; ');
    expect(policy).toEqual(expect.arrayContaining(["default-src 'self'", "img-src 'self' blob:"]));
    expect(policy.join()).not.toContain('unsafe');
    await answer.arrayBuffer();
    const again = await get(ui, path, { 'If-None-Match': answer.headers.get('etag')! });
    expect(again.statusCode).toBe(304);
  });

  it('have nothing inline that the policy would stop', async () => {
    const page = await (await fetch(await runningUi(nobody))).text();

    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  });

  it.each([
    '/../src/main.ts',
    '/..%2fsrc%2fmain.ts',
    '/%2e%2e/%2e%2e/package.json',
    '/..%5csrc%5cmain.ts',
    '/page.js%00.html',
    '/.hidden',
    '//etc/passwd',
    '/no-such-file.js',
  ])('%s is not one of them', async (path) => {
    const answer = await get(await runningUi(nobody), path);

    expect([400, 404]).toContain(answer.statusCode);
  });

  it('leave the routes of every service alone', async () => {
    const ui = await runningUi(nobody);

    expect((await fetch(`${ui}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${ui}/metrics`)).text()).toContain('service="ui"');
  });
});

/** A request that is sent as it is written here; `fetch` would tidy the path, and forbid a 304. */
async function get(origin: string, path: string, headers: OutgoingHttpHeaders = {}): Promise<IncomingMessage> {
  const { hostname, port } = new URL(origin);
  const request = httpRequest({ hostname, port, path, headers });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer.resume();
}
