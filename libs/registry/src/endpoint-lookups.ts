import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { RegisteredEndpoints } from './registered-endpoints.js';

/** Starts and stops the lookups of all needed services with the application. */
@Injectable()
export class EndpointLookups implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly lookups: RegisteredEndpoints[] = [];

  add(endpoints: RegisteredEndpoints): void {
    this.lookups.push(endpoints);
  }

  onApplicationBootstrap(): void {
    for (const lookup of this.lookups) lookup.start();
  }

  onApplicationShutdown(): void {
    for (const lookup of this.lookups) lookup.stop();
  }
}
