import { Controller, Delete, Get, Post } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { call } from '../../test/call.js';
import { runningService } from '../../test/running-service.js';

@Controller('thing')
class ThingController {
  @Get()
  look(): object {
    return {};
  }

  @Post()
  change(): object {
    return {};
  }

  @Delete()
  remove(): object {
    return {};
  }
}

describe('A change', () => {
  let origin: string;
  let port: string;
  beforeEach(async () => {
    ({ origin } = await runningService([ThingController]));
    ({ port } = new URL(origin));
  });

  async function expectRefused(headers: Record<string, string>): Promise<void> {
    for (const method of ['POST', 'DELETE']) {
      const { status, body } = await call(`${origin}/thing`, { method, headers });
      expect(status, method).toBe(403);
      expect(JSON.parse(body), method).toMatchObject({ code: 'cross-site-request' });
    }
    expect((await call(`${origin}/thing`, { headers })).status).toBe(200);
  }

  async function expectTaken(headers: Record<string, string>): Promise<void> {
    expect((await call(`${origin}/thing`, { method: 'POST', headers })).status).toBe(201);
    expect((await call(`${origin}/thing`, { method: 'DELETE', headers })).status).toBe(200);
  }

  it('is taken from a client that is no browser', async () => {
    await expectTaken({});
  });

  it.each(['cross-site', 'same-site'])(
    'is refused when the browser calls it %s, whatever else it says',
    async (site) => {
      await expectRefused({ 'Sec-Fetch-Site': site, Origin: origin });
    },
  );

  it.each(['same-origin', 'none'])('is taken when the browser calls it %s, also behind a proxy', async (site) => {
    await expectTaken({ 'Sec-Fetch-Site': site, Origin: 'https://photos.example' });
  });

  describe('over plain HTTP, where browsers say only whose page it is', () => {
    it('is taken from a page of this very host and port', async () => {
      await expectTaken({ Origin: origin });
      await expectTaken({ Origin: `http://LOCALHOST:${port}`, Host: `localhost:${port}` });
    });

    it.each([
      'http://photos.example',
      'http://127.0.0.1',
      'http://127.0.0.1:1',
      'http://127.0.0.1.example',
      'null',
      'no origin at all',
    ])('is refused from a page of %s', async (page) => {
      await expectRefused({ Origin: page });
    });

    it('is refused from a page of another port of the same host', async () => {
      await expectRefused({ Origin: `http://localhost:${Number(port) - 1}`, Host: `localhost:${port}` });
    });

    it('is taken from a page of the host that a proxy was asked for', async () => {
      await expectTaken({ Origin: 'http://photos.example', 'X-Forwarded-Host': 'photos.example' });
      await expectTaken({ Origin: 'https://photos.example', 'X-Forwarded-Host': 'photos.example:443, 10.0.0.7' });
      await expectRefused({ Origin: 'http://elsewhere.example', 'X-Forwarded-Host': 'photos.example' });
    });
  });
});
