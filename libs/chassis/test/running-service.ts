import type { AddressInfo } from 'node:net';
import { Module, type Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { serve } from '../src/bootstrap.js';
import { ChassisModule } from '../src/chassis.module.js';
import { EnvPort } from '../src/config/env.js';
import { ServiceConfig } from '../src/config/service-config.js';

export class ProbeConfig extends ServiceConfig {
  @EnvPort('db')
  port: number = 0;
}

/** A service of nothing but the chassis and some controllers, for one test. */
export async function runningService(
  controllers: Type[],
  chosen: Partial<ProbeConfig> = {},
): Promise<{ app: NestExpressApplication; origin: string }> {
  @Module({ imports: [ChassisModule.forService('db', ProbeConfig)], controllers })
  class ProbeModule {}
  const config = Object.assign(new ProbeConfig(), { logLevel: 'silent', logFormat: 'json', ...chosen });
  const module = await Test.createTestingModule({ imports: [ProbeModule] })
    .overrideProvider(ProbeConfig)
    .useValue(config)
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, bufferLogs: true });
  await serve(app);
  onTestFinished(() => app.close());
  return { app, origin: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}` };
}
