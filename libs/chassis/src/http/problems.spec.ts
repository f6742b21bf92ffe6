import { InternalRoute, Problem } from '#contracts';
import { Body, Controller, Get, HttpException, Logger, Param, Post, Query, Res } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Max, ValidateNested } from 'class-validator';
import type { Response } from 'express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runningService } from '../../test/running-service.js';

class Size {
  @IsInt()
  @Max(100)
  width!: number;
}

class Wish {
  @IsString()
  @Length(1, 10)
  name!: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Size)
  size?: Size;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Size)
  sizes?: Size[];
}

class Page {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  limit?: number;
}

const errors: Record<string, unknown> = {
  expected: new Problem('service-unavailable', 'db cannot be reached', { retryAfterSeconds: 2 }),
  away: new Problem('service-unavailable', 'db cannot be reached', { cause: new Error('10.0.0.7:8001: ECONNREFUSED') }),
  range: new Problem('range-not-satisfiable', 'beyond the end', { size: 10 }),
  unexpected: new Error('the password of the database is hunter2'),
  thrownText: 'the password of the database is hunter2',
  thrownNothing: undefined,
  http: new HttpException('the password of the database is hunter2', 502),
  teapot: new HttpException('short and stout', 418),
  exposed: Object.assign(new Error('entity too large'), { status: 413, expose: true }),
  hidden: Object.assign(new Error('the password of the database is hunter2'), { status: 400 }),
};

@Controller('probe')
class ProbeController {
  @Post()
  wish(@Body() wish: Wish): Wish {
    return wish;
  }

  @Get()
  page(@Query() page: Page): Page {
    return page;
  }

  @Get('error/:name')
  fail(@Param('name') name: string): never {
    throw errors[name];
  }

  @Get('half')
  half(@Res() response: Response): never {
    response.write('half');
    throw new Error('too late');
  }

  @InternalRoute()
  @Get('internal')
  internal(): object {
    return { secret: true };
  }
}

async function opened(token?: string) {
  const { origin } = await runningService([ProbeController], { token });
  const call = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${origin}${path}`, init);
    const body = await answer.text();
    return { status: answer.status, headers: answer.headers, text: body, body: body && (JSON.parse(body) as unknown) };
  };
  const post = (body: string, type = 'application/json') =>
    call('/probe', { method: 'POST', headers: { 'Content-Type': type }, body });
  return { origin, call, post };
}

function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

afterEach(() => void vi.restoreAllMocks());

describe('Every error is a problem', () => {
  it('answers a problem as it was thrown', async () => {
    const { call } = await opened();

    const { status, headers, body } = await call('/probe/error/expected');

    expect(status).toBe(503);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(headers.get('retry-after')).toBe('2');
    expect(body).toEqual((errors.expected as Problem).toDetails());
  });

  it('tells the size of a file whose range was asked in vain', async () => {
    const { call } = await opened();

    const { status, headers } = await call('/probe/error/range');

    expect(status).toBe(416);
    expect(headers.get('content-range')).toBe('bytes */10');
  });

  it('answers an unknown route', async () => {
    const { call } = await opened();

    expect(await call('/nowhere')).toMatchObject({ status: 404, body: { code: 'route-not-found' } });
    expect(await call('/probe', { method: 'PUT' })).toMatchObject({ status: 404, body: { code: 'route-not-found' } });
  });

  it('answers a path that cannot be decoded like any other that leads nowhere', async () => {
    const { call } = await opened();

    expect(await call('/probe/error/%E0%A4%A')).toMatchObject({ status: 404, body: { code: 'route-not-found' } });
  });

  it('never sends the text of an unexpected error, and logs it in full', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const { call } = await opened();
    for (const name of ['unexpected', 'thrownText', 'thrownNothing', 'http', 'hidden']) {
      const { status, body, text } = await call(`/probe/error/${name}`);

      expect(status, name).toBe(500);
      expect(body, name).toMatchObject({ code: 'internal-error', detail: 'Unexpected error' });
      expect(text, name).not.toContain('hunter2');
      expect(log, name).toHaveBeenLastCalledWith(errors[name], `GET /probe/error/${name}`);
    }
  });

  it('logs why a service that is needed cannot be reached, and says no more of it than its name', async () => {
    const log = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const { call } = await opened();

    const { body, text } = await call('/probe/error/away');

    expect(body).toMatchObject({ detail: 'db cannot be reached' });
    expect(text).not.toContain('10.0.0.7');
    expect(log).toHaveBeenCalledExactlyOnceWith(
      'GET /probe/error/away: service-unavailable: db cannot be reached: 10.0.0.7:8001: ECONNREFUSED',
    );
  });

  it('leaves it to the service that heard it first to log why another cannot be reached', async () => {
    const log = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const { call } = await opened();

    await call('/probe/error/expected');

    expect(log).not.toHaveBeenCalled();
  });

  it('tells of the errors of Nest and Express for which the client is to blame', async () => {
    const { call } = await opened();

    expect(await call('/probe/error/teapot')).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', detail: 'short and stout' },
    });
    expect(await call('/probe/error/exposed')).toMatchObject({ status: 413, body: { code: 'payload-too-large' } });
  });

  it('cuts an answer off that had begun already', async () => {
    vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const { origin } = await opened();

    const answer = fetch(`${origin}/probe/half`).then((begun) => begun.text());

    await expect(answer).rejects.toThrow(/terminated|fetch failed/);
  });
});

describe('Every request is checked', () => {
  it('takes a right one', async () => {
    const { post } = await opened();

    expect(await post('{"name": "x", "size": {"width": 100}}')).toMatchObject({
      status: 201,
      body: { name: 'x', size: { width: 100 } },
    });
  });

  it('refuses JSON that is nested too deeply, and counts no brackets in texts', async () => {
    const { post } = await opened();

    expect(await post(nested(100))).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    for (const depth of [101, 100_000]) {
      expect(await post(nested(depth))).toMatchObject({
        status: 400,
        body: { code: 'malformed-body', detail: 'JSON may be nested 100 levels deep' },
      });
    }
    const texts = JSON.stringify({ name: `\\"${'['.repeat(200)}` });
    expect(await post(texts)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'refuses a field %s as it refuses every unknown one',
    async (name) => {
      const { call, post } = await opened();
      const refused = { status: 400, body: { code: 'invalid-request', detail: `property ${name} should not exist` } };

      expect(await post(`{"name":"x","${name}":{}}`)).toMatchObject(refused);
      expect(await call(`/probe?${name}=1`)).toMatchObject(refused);
    },
  );

  it('refuses a body that is not JSON, or too large', async () => {
    const { post } = await opened();

    expect(await post('{"name": ')).toMatchObject({ status: 400, body: { code: 'malformed-body' } });
    expect(await post(JSON.stringify({ name: 'x'.repeat(1_100_000) }))).toMatchObject({
      status: 413,
      body: { code: 'payload-too-large' },
    });
  });

  it('refuses what is missing, no body at all included', async () => {
    const { call, post } = await opened();

    for (const answer of [
      await post('{}'),
      await post('name=x', 'text/plain'),
      await call('/probe', { method: 'POST' }),
    ]) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
      expect((answer.body as { errors: { field: string }[] }).errors.map(({ field }) => field)).toContain('name');
    }
  });

  it('refuses a field that it does not know', async () => {
    const { post } = await opened();

    expect((await post('{"name": "x", "colour": "red"}')).body).toMatchObject({
      code: 'invalid-request',
      detail: 'property colour should not exist',
      errors: [{ field: 'colour', message: 'property colour should not exist' }],
    });
  });

  it('names the place of what is wrong, however deep', async () => {
    const { post } = await opened();

    expect(
      (await post('{"name": "x", "size": {"width": 101}, "sizes": [{"width": 1}, {"width": 200}]}')).body,
    ).toMatchObject({
      code: 'invalid-request',
      errors: [
        { field: 'size.width', message: 'size.width must not be greater than 100' },
        { field: 'sizes.1.width', message: 'sizes.1.width must not be greater than 100' },
      ],
    });
  });

  it('converts and checks a query', async () => {
    const { call } = await opened();

    expect((await call('/probe?limit=7')).body).toEqual({ limit: 7 });
    expect(await call('/probe?limit=many')).toMatchObject({ status: 400, body: { errors: [{ field: 'limit' }] } });
    expect(await call('/probe?limit[a]=7')).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });
});

describe('An internal route', () => {
  const token = 'a-token-for-the-tests';

  it('wants the service token, as a bearer', async () => {
    const { call } = await opened(token);
    const wrong = ['', 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token];
    for (const authorization of wrong) {
      const { status, headers, body } = await call('/probe/internal', { headers: { authorization } });
      expect(status, authorization).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect(body).toMatchObject({ code: 'unauthorized' });
    }
    expect((await call('/probe/internal')).status).toBe(401);

    const { status, body } = await call('/probe/internal', { headers: { authorization: `Bearer ${token}` } });

    expect({ status, body }).toEqual({ status: 200, body: { secret: true } });
  });

  it('is open when no token is set', async () => {
    const { call } = await opened();

    expect((await call('/probe/internal')).status).toBe(200);
  });

  it('is the only one that wants it', async () => {
    const { call } = await opened(token);

    expect((await call('/probe?limit=1')).status).toBe(200);
    expect((await call('/health/live')).status).toBe(200);
  });
});
