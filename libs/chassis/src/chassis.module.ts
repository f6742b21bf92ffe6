import type { ServiceName } from '#contracts';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { LoggerModule } from 'nestjs-pino';
import { Clock, SystemClock } from './clock.js';
import { loadConfig } from './config/load-config.js';
import { ServiceConfig } from './config/service-config.js';
import { HealthController } from './health/health.controller.js';
import { MetricsController } from './health/metrics.controller.js';
import { Readiness } from './health/readiness.js';
import { Shutdown } from './health/shutdown.js';
import { StopController } from './health/stop.controller.js';
import { Drain } from './http/drain.js';
import { ProblemFilter } from './http/problem.filter.js';
import { CrossSiteGuard } from './http/cross-site.guard.js';
import { ServiceToken } from './http/service-token.js';
import { ServiceTokenGuard } from './http/service-token.guard.js';
import { requestValidation } from './http/validation.pipe.js';
import { Listening } from './listening.js';
import { loggingOptions } from './logging/logging-options.js';
import { ServiceIdentity } from './service-identity.js';

/** What every service shares to be a service: configuration, identity, logs, problems, validation, health, metrics. */
@Global()
@Module({})
export class ChassisModule {
  /** @param config the service's configuration class, which it can then inject. */
  static forService(service: ServiceName, config: new () => ServiceConfig): DynamicModule {
    return {
      module: ChassisModule,
      imports: [
        LoggerModule.forRootAsync({ inject: [ServiceConfig, ServiceIdentity], useFactory: loggingOptions }),
        TerminusModule.forRoot({ logger: false, gracefulShutdownTimeoutMs: 0 }),
      ],
      controllers: [HealthController, MetricsController, StopController],
      providers: [
        { provide: config, useFactory: () => loadConfig(config) },
        { provide: ServiceConfig, useExisting: config },
        { provide: ServiceIdentity, useFactory: () => new ServiceIdentity(service) },
        { provide: Clock, useClass: SystemClock },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: CrossSiteGuard },
        { provide: APP_GUARD, useClass: ServiceTokenGuard },
        ServiceToken,
        { provide: APP_PIPE, useFactory: requestValidation },
        Drain,
        Listening,
        Readiness,
        Shutdown,
      ],
      exports: [config, ServiceConfig, ServiceIdentity, Clock, Listening, Readiness, ServiceToken],
    };
  }
}
