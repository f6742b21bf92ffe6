import { describe, expect, it } from 'vitest';
import { call } from '../../test/call.js';
import { runningService } from '../../test/running-service.js';

const path = '/health/live';

describe('A service that listens on loopback', () => {
  it.each(['localhost', 'LocalHost:80', 'db.localhost', '127.0.0.1', '127.1.2.3:9', '[::1]:8001'])(
    'answers to %s',
    async (host) => {
      const { origin } = await runningService([]);

      expect((await call(origin + path, { headers: { Host: host } })).status).toBe(200);
    },
  );

  it.each(['rebound.example', 'localhost.example:8001', '127.0.0.1.example', '10.0.0.7', '[fe80::1]', 'a b'])(
    'does not answer to "%s", to which a name on the Internet may have been bound',
    async (host) => {
      const { origin } = await runningService([]);

      const { status, body } = await call(origin + path, { headers: { Host: host } });

      expect(status).toBe(421);
      expect(JSON.parse(body)).toMatchObject({ code: 'misdirected-request' });
    },
  );

  it('answers to the name under which it is advertised', async () => {
    const { origin } = await runningService([], { advertise: 'photos.example:8001' });

    for (const host of ['photos.example', 'Photos.example:80']) {
      expect((await call(origin + path, { headers: { Host: host } })).status).toBe(200);
    }
    expect((await call(origin + path, { headers: { Host: 'rebound.example' } })).status).toBe(421);
  });

  it('knows no path and no method for another name', async () => {
    const { origin } = await runningService([]);

    for (const method of ['GET', 'POST', 'DELETE']) {
      for (const anyPath of ['/', '/nowhere', '/health/stop']) {
        const { status } = await call(origin + anyPath, { method, headers: { Host: 'rebound.example' } });
        expect(status, `${method} ${anyPath}`).toBe(421);
      }
    }
  });
});

it('A service that listens on every interface answers to every name', async () => {
  const { origin } = await runningService([], { host: '0.0.0.0', insecure: true });

  expect((await call(origin + path, { headers: { Host: 'photos.example' } })).status).toBe(200);
});
