import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { serve } from '#chassis';
import type { FileStore } from '#contracts';
import { Logger, type LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { AppModule, prepare } from '../src/app.module.js';
import { MasterConfig } from '../src/config.js';
import { FILE_STORE, TASK_STORE } from '../src/stores.js';
import { MemoryFileStore } from './memory-file-store.js';
import { MemoryTaskStore } from './memory-task-store.js';

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** The body as JSON. */
  json: Record<string, unknown>;
}

/** A configuration for one test: any free port on loopback, no logs, services that nobody looks up. */
export function testConfig(chosen: Partial<MasterConfig> = {}): MasterConfig {
  return Object.assign(new MasterConfig(), {
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    logFormat: 'json',
    keyvaluestoreEndpoint: '127.0.0.1:1',
    dbEndpoint: '127.0.0.1:1',
    storageEndpoint: '127.0.0.1:1',
    ...chosen,
  });
}

/** Master as it runs, over real sockets, with its two stores in memory; for one test. */
export class RunningMaster {
  /** Every connection that master accepted, the newest last. */
  readonly connections: Socket[] = [];

  private constructor(
    private readonly app: NestExpressApplication,
    readonly tasks: MemoryTaskStore,
    readonly files: FileStore & { keys: string[] },
    /** The errors that master logged: what it did not expect. */
    readonly errors: unknown[],
  ) {
    app.getHttpServer().on('connection', (socket: Socket) => this.connections.push(socket));
  }

  static async start(
    chosen: Partial<MasterConfig> = {},
    files: FileStore & { keys: string[] } = new MemoryFileStore(),
  ): Promise<RunningMaster> {
    const tasks = new MemoryTaskStore();
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(MasterConfig)
      .useValue(testConfig(chosen))
      .overrideProvider(TASK_STORE)
      .useValue(tasks)
      .overrideProvider(FILE_STORE)
      .useValue(files)
      .compile();
    const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
    const errors: unknown[] = [];
    const silent: LoggerService = { log: () => {}, warn: () => {}, error: (error: unknown) => errors.push(error) };
    Logger.overrideLogger(silent);
    await serve(app, prepare);
    const master = new RunningMaster(app, tasks, files, errors);
    onTestFinished(() => master.stop());
    return master;
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  /** One exchange, on a connection of its own. */
  send(method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { port: this.port, host: '127.0.0.1', method, path, headers, agent: false };
      const request = httpRequest(options, (response) => {
        answerOf(response).then(resolve, reject);
      });
      request.once('error', reject);
      request.end(body);
    });
  }

  get(path: string, headers?: OutgoingHttpHeaders): Promise<Answer> {
    return this.send('GET', path, headers);
  }

  private async stop(): Promise<void> {
    this.app.getHttpServer().closeAllConnections();
    await this.app.close();
  }
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const body = await buffer(response);
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  const json = isJson && body.length > 0 ? (JSON.parse(body.toString()) as Answer['json']) : {};
  return { status: response.statusCode!, headers: response.headers, body, json };
}
