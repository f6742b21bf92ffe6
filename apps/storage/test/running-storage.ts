import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChassisModule, Clock, serve } from '#chassis';
import { FixedEndpoints, HttpFileStore, ServiceClient } from '#contracts';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { create as createAxios } from 'axios';
import { StorageConfig } from '../src/config.js';
import { StorageModule } from '../src/storage.module.js';
import { FakeClock } from './fake-clock.js';

/** Between what the behaviour suite stores and what it has refused. */
export const maxBytes = 24 * 1024 ** 2;

/** storage as it runs, on a free port and in a folder of its own. */
export class RunningStorage {
  private constructor(
    readonly app: NestExpressApplication,
    readonly folder: string,
    readonly clock: FakeClock,
  ) {}

  static async start(settings: Partial<StorageConfig> = {}): Promise<RunningStorage> {
    const data = await mkdtemp(join(tmpdir(), 'storage-'));
    const config = Object.assign(new StorageConfig(), {
      data,
      port: 0,
      logLevel: 'silent',
      logFormat: 'json',
      maxFileBytes: maxBytes,
      ...settings,
    });
    const clock = new FakeClock();
    const module = await Test.createTestingModule({
      imports: [ChassisModule.forService('storage', StorageConfig), StorageModule],
    })
      .overrideProvider(StorageConfig)
      .useValue(config)
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
    await serve(app);
    return new RunningStorage(app, config.folder, clock);
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  client(token?: string): HttpFileStore {
    const endpoints = new FixedEndpoints('storage', [`127.0.0.1:${this.port}`]);
    return new HttpFileStore(new ServiceClient(endpoints, createAxios(), token));
  }

  async tempFiles(): Promise<string[]> {
    return readdir(join(this.folder, 'temp'));
  }

  async stop(): Promise<void> {
    // Else idle connections that clients keep hold up the end.
    this.app.getHttpServer().closeAllConnections();
    await this.app.close();
    await rm(join(this.folder, '..'), { recursive: true });
  }
}
