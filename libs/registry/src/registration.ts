import { services, type RegisteredService } from '#contracts';
import { Listening, Readiness, ServiceConfig, ServiceIdentity } from '#chassis';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { advertisedEndpoint } from './advertised-endpoint.js';
import { isFoundByRegistration } from './needed-service.js';
import { RegistryClient } from './registry-client.js';

const ttlSeconds = 15;
const renewMs = 5_000;
const retryMs = 1_000;

/**
 * The registration of this process. Begins once the service listens, is renewed three times in its time to live, tries
 * until the registry is there, and ends before the service stops accepting connections. A service that others find by
 * it is not ready before.
 */
@Injectable()
export class Registration implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Registry');
  private endpoint: string | null = null;
  private timer: NodeJS.Timeout | undefined;
  private renewal: Promise<void> = Promise.resolve();
  private registered: boolean | null = null;
  private wasRegistered = false;
  private stopped = false;

  constructor(
    private readonly registry: RegistryClient,
    private readonly identity: ServiceIdentity,
    private readonly config: ServiceConfig,
    private readonly listening: Listening,
    readiness: Readiness,
  ) {
    if (isFoundByRegistration(identity.service, config)) {
      readiness.need('registration', () => (this.wasRegistered ? null : 'not registered yet'));
    }
  }

  onApplicationBootstrap(): void {
    void this.listening.address.then((address) => {
      this.endpoint = advertisedEndpoint(address, this.config.advertise);
      this.keepRenewing(this.endpoint);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    // A renewal still on its way must not arrive after the deregistration.
    await this.renewal;
    if (!this.endpoint || !this.registered) return;
    // A registry that is down forgets the registration by itself.
    await this.registry.deregister(this.key, this.endpoint).catch(() => undefined);
  }

  private get key(): string {
    return services[this.identity.service as RegisteredService].key;
  }

  private keepRenewing(endpoint: string): void {
    if (this.stopped) return;
    this.renewal = this.renew(endpoint).then(() => {
      if (this.stopped) return;
      this.timer = setTimeout(() => this.keepRenewing(endpoint), this.registered ? renewMs : retryMs);
    });
  }

  private async renew(endpoint: string): Promise<void> {
    const renewed = await this.registry.register(this.key, endpoint, ttlSeconds).then(
      () => true,
      (error: Error) => {
        if (this.registered !== false) this.logger.warn(`Waiting for the registry: ${error.message}`);
        return false;
      },
    );
    if (renewed && !this.registered) {
      this.logger.log(`${services[this.identity.service].title} endpoint registered: ${this.key}=${endpoint}`);
    }
    this.registered = renewed;
    this.wasRegistered ||= renewed;
  }
}
