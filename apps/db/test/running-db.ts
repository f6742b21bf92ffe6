import type { AddressInfo } from 'node:net';
import { ChassisModule, serve } from '#chassis';
import { LEASE_STORE, LeaseController } from '#contracts';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { DbConfig } from '../src/config.js';
import { SqliteTaskStore } from '../src/sqlite/sqlite-task-store.js';
import { TaskController } from '../src/task.controller.js';
import { TaskStoreLifecycle } from '../src/task-store.lifecycle.js';

export interface RunningDb {
  /** `host:port` */
  endpoint: string;
  close: () => Promise<void>;
}

/** A configuration for one test: any free port on loopback, no logs, everything in memory. */
export function testConfig(chosen: Partial<DbConfig> = {}): DbConfig {
  return Object.assign(new DbConfig(), {
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    logFormat: 'json',
    url: 'sqlite::memory:',
    ...chosen,
  });
}

/** db's routes over real sockets, in front of a store; without the registry. */
export async function runningDb(store: SqliteTaskStore, config = testConfig()): Promise<RunningDb> {
  const module = await Test.createTestingModule({
    imports: [ChassisModule.forService('db', DbConfig)],
    controllers: [LeaseController, TaskController],
    providers: [
      { provide: SqliteTaskStore, useValue: store },
      { provide: LEASE_STORE, useExisting: SqliteTaskStore },
      TaskStoreLifecycle,
    ],
  })
    .overrideProvider(DbConfig)
    .useValue(config)
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, bufferLogs: true });
  await serve(app);
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { endpoint: `127.0.0.1:${port}`, close: () => app.close() };
}
