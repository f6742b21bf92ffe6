import type { AddressInfo } from 'node:net';
import { serve } from '#chassis';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { AppModule } from '../src/app.module.js';
import { UiConfig } from '../src/config.js';

/** The service token that ui is given, which no test may ever see arrive at master. */
export const serviceToken = 'a-service-token-for-tests';

/** Starts a real ui in front of a master, for one test. Answers ui's origin. */
export async function runningUi(masterEndpoint: string): Promise<string> {
  const config = Object.assign(new UiConfig(), {
    port: 0,
    host: '127.0.0.1',
    token: serviceToken,
    logLevel: 'silent',
    logFormat: 'json',
    masterEndpoint,
    // Nobody listens there: ui serves without a registry as long as it knows its master.
    keyvaluestoreEndpoint: '127.0.0.1:1',
  });
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(UiConfig)
    .useValue(config)
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, bufferLogs: true });
  await serve(app);
  onTestFinished(() => app.close());
  return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
}
