import { lookup } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import { services } from '#contracts';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { json } from 'express';
import { Logger } from 'nestjs-pino';
import { ConfigError } from './config/config-error.js';
import { ServiceConfig } from './config/service-config.js';
import { Connections } from './http/connections.js';
import { requireShallowJson } from './http/json-depth.js';
import { requireOwnHost } from './http/own-host.js';
import { requestIdentity } from './http/request-identity.js';
import { Listening } from './listening.js';
import { ServiceIdentity } from './service-identity.js';

/** What `app.module.ts` of a service exports. */
export interface ServiceModule {
  AppModule: Type;
  /** What the application needs beyond its module, before it listens. */
  prepare?: (app: NestExpressApplication) => void;
}

/** Starts a service: configuration, HTTP server, signals. What cannot start says why in one line and exits with 1. */
export async function bootstrap({ AppModule, prepare }: ServiceModule): Promise<void> {
  try {
    const app = await NestFactory.create<NestExpressApplication>(AppModule, {
      bodyParser: false,
      bufferLogs: true,
      // Else Nest would log why it cannot start, with a stack trace, before the one line that says so.
      autoFlushLogs: false,
      abortOnError: false,
    });
    app.useLogger(app.get(Logger));
    app.flushLogs();
    await serve(app, prepare);
    app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exit(1);
  }
}

/** Gives an application the manners of a service and lets it listen. */
export async function serve(app: NestExpressApplication, prepare?: ServiceModule['prepare']): Promise<void> {
  const config = app.get(ServiceConfig);
  const identity = app.get(ServiceIdentity);
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.disable('x-powered-by');
  // Of the addresses of a name, the one of IPv4: endpoints have no other.
  const { address: host } = await lookup(config.listenHost, { family: 4 });
  app.use(requestIdentity(identity));
  app.use(requireOwnHost(host, config.advertise));
  prepare?.(app);
  app.use(json({ limit: '1mb', verify: requireShallowJson }));
  const server = app.getHttpServer();
  new Connections(config, identity).watch(server);
  await app.listen(config.port, host);
  const address = server.address() as AddressInfo;
  app.get(Logger).log(`${services[identity.service].title} is listening on ${address.port}`);
  app.get(Listening).begin(address);
}

/** What is wrong with `HOST` or the port, when the error is one of these. */
const unlistenable = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']);

function startFailure(error: unknown): string {
  if (error instanceof ConfigError) return `Configuration error: ${error.message}`;
  const { code, message, stack } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code && unlistenable.has(code)) return `Cannot listen: ${message}`;
  return `Cannot start: ${stack ?? String(error)}`;
}
