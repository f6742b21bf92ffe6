import { InternalRoute, Problem } from '#contracts';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RegistrationTable, type LiveRegistration } from './registration-table.js';
import { RegistrationDto, RegistrationKeyDto, RegistrationPathDto } from './registration.dto.js';

/** For a registration that names no time to live, such as one made by hand with curl. */
const defaultTtlSeconds = 3600;

/**
 * The registry. Anybody may look up; to register wants the service token. Answers are plain text for people and shell
 * scripts, JSON for those who accept it.
 */
@Controller()
export class RegistrationController {
  constructor(private readonly table: RegistrationTable) {}

  /** All live registrations: a `key=value` line each, or JSON by key. */
  @Get()
  list(@Req() request: Request, @Res() response: Response): void {
    const all = this.table.all();
    if (wantsJson(request)) return void response.json(Object.fromEntries(all));
    const lines = all.flatMap(([key, live]) => live.map(({ value }) => `${key}=${value}\n`));
    response.type('text/plain').send(lines.join(''));
  }

  /** One live `host:port` under the key, in rotation; in JSON all of them, with what is left of their time. */
  @Get(':key')
  lookUp(@Param() { key }: RegistrationKeyDto, @Req() request: Request, @Res() response: Response): void {
    const endpoints: LiveRegistration[] = this.table.lookup(key);
    if (endpoints.length === 0) throw new Problem('registration-not-found', `Nothing is registered under ${key}`);
    if (wantsJson(request)) return void response.json({ key, endpoints });
    response.type('text/plain').send(`${this.table.rotate(key)}\n`);
  }

  /** Registers or renews an endpoint under the key. */
  @Post(':key')
  @HttpCode(200)
  @InternalRoute()
  register(@Param() { key }: RegistrationKeyDto, @Body() { value, ttlSeconds }: RegistrationDto): RegistrationDto {
    this.table.register(key, value, ttlSeconds ?? defaultTtlSeconds);
    return { value, ttlSeconds: ttlSeconds ?? defaultTtlSeconds };
  }

  /** Ends a registration. */
  @Delete(':key/:value')
  @HttpCode(204)
  @InternalRoute()
  deregister(@Param() { key, value }: RegistrationPathDto): void {
    this.table.deregister(key, value);
  }
}

function wantsJson(request: Request): boolean {
  return request.accepts(['text/plain', 'application/json']) === 'application/json';
}
