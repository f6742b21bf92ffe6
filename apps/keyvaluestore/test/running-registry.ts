import type { AddressInfo } from 'node:net';
import { serve } from '#chassis';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { AppModule } from '../src/app.module.js';
import { KeyvaluestoreConfig } from '../src/config.js';
import { RegistrationTable } from '../src/registration-table.js';

export interface RunningRegistry {
  origin: string;
  /** `host:port` */
  endpoint: string;
  port: number;
  /** Moves the time by which registrations expire. */
  advance: (seconds: number) => void;
  close: () => Promise<void>;
}

/** A real registry over real sockets, for one test; its time stands still unless moved. */
export async function runningRegistry(chosen: Partial<KeyvaluestoreConfig> = {}): Promise<RunningRegistry> {
  let ms = 1000;
  const config = Object.assign(new KeyvaluestoreConfig(), {
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    logFormat: 'json',
    ...chosen,
  });
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(KeyvaluestoreConfig)
    .useValue(config)
    .overrideProvider(RegistrationTable)
    .useValue(new RegistrationTable(() => ms))
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, bufferLogs: true });
  await serve(app);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await app.close();
    open = false;
  };
  onTestFinished(close);
  const { port } = app.getHttpServer().address() as AddressInfo;
  const endpoint = `127.0.0.1:${port}`;
  return { origin: `http://${endpoint}`, endpoint, port, advance: (seconds) => void (ms += seconds * 1000), close };
}
