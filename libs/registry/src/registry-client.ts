import { FixedEndpoints, Problem, ServiceClient } from '#contracts';
import type { AxiosInstance } from 'axios';

/** One live registration, as the registry tells it. */
export interface RegisteredEndpoint {
  /** `host:port` */
  value: string;
  /** What is left of its time to live, in milliseconds. */
  expiresInMs: number;
}

/** keyvaluestore's routes. Every method throws Problem `service-unavailable` while the registry cannot be reached. */
export class RegistryClient {
  private readonly service: ServiceClient;

  constructor(
    readonly endpoint: string,
    axios: AxiosInstance,
    token: string | null,
  ) {
    this.service = new ServiceClient(new FixedEndpoints('keyvaluestore', [endpoint]), axios, token);
  }

  /** Registers an endpoint, or renews its registration. */
  register(key: string, value: string, ttlSeconds: number): Promise<void> {
    return this.service.call({ method: 'POST', path: `/${key}`, body: { value, ttlSeconds } });
  }

  deregister(key: string, value: string): Promise<void> {
    return this.service.call({ method: 'DELETE', path: `/${key}/${value}` });
  }

  /** The live registrations under a key; empty when there are none. */
  async lookup(key: string): Promise<RegisteredEndpoint[]> {
    try {
      const { endpoints } = await this.service.call<{ endpoints: RegisteredEndpoint[] }>({
        method: 'GET',
        path: `/${key}`,
      });
      return endpoints;
    } catch (error) {
      if (Problem.is(error, 'registration-not-found')) return [];
      throw error;
    }
  }
}
