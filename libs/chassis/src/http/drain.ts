import { Injectable, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { ServiceConfig } from '../config/service-config.js';

/** Bounds the time that requests in flight may hold up a shutdown. */
@Injectable()
export class Drain implements BeforeApplicationShutdown, OnApplicationShutdown {
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly adapter: HttpAdapterHost,
    private readonly config: ServiceConfig,
  ) {}

  beforeApplicationShutdown(): void {
    const server = this.adapter.httpAdapter.getHttpServer() as Server;
    // A connection that is busy now would stay open after its answer, for a next request that must not come.
    server.keepAliveTimeout = 1;
    this.timer = setTimeout(() => server.closeAllConnections(), this.config.graceSeconds * 1000);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }
}
