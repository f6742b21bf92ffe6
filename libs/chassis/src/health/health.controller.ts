import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { Readiness } from './readiness.js';

/** Probes. A service that waits for another is alive, and not ready. */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
  ) {}

  /** 200 while the process can answer at all. */
  @Get('live')
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** 200 when everything needed is there, 503 with the missing parts otherwise. */
  @Get('ready')
  ready(): Promise<HealthCheckResult> {
    return this.health.check(
      this.readiness.all().map(([name, check]) => async () => {
        const missing = await check();
        const indicator = this.indicators.check(name);
        return missing === null ? indicator.up() : indicator.down({ message: missing });
      }),
    );
  }
}
