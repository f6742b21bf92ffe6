import { Agent } from 'node:http';
import { Readiness, ServiceConfig } from '#chassis';
import { FixedEndpoints, ServiceClient, services } from '#contracts';
import { HttpModule, HttpService } from '@nestjs/axios';
import { Global, Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { EndpointLookups } from './endpoint-lookups.js';
import type { NeededService } from './needed-service.js';
import { RegisteredEndpoints } from './registered-endpoints.js';
import { Registration } from './registration.js';
import { RegistryClient } from './registry-client.js';

/** The injection token of the client of a needed service. */
export function serviceClient(service: NeededService): string {
  return `ServiceClient(${service})`;
}

/** Registers this service, and looks up the services it needs. */
@Global()
@Module({})
export class RegistryModule {
  /** Provides a `ServiceClient` under `serviceClient(name)` for each needed service. */
  static forService(...needs: NeededService[]): DynamicModule {
    return {
      module: RegistryModule,
      imports: [HttpModule.register({ httpAgent: new Agent({ keepAlive: true }) })],
      providers: [
        {
          provide: RegistryClient,
          inject: [ServiceConfig, HttpService],
          useFactory: ({ keyvaluestoreEndpoint, token }: ServiceConfig, { axiosRef }: HttpService) =>
            new RegistryClient(keyvaluestoreEndpoint, axiosRef, token ?? null),
        },
        Registration,
        EndpointLookups,
        ...needs.map(clientProvider),
      ],
      exports: needs.map(serviceClient),
    };
  }
}

function clientProvider(service: NeededService): FactoryProvider<ServiceClient> {
  return {
    provide: serviceClient(service),
    inject: [ServiceConfig, HttpService, RegistryClient, EndpointLookups, Readiness],
    useFactory: (
      config: ServiceConfig,
      { axiosRef }: HttpService,
      registry: RegistryClient,
      lookups: EndpointLookups,
      readiness: Readiness,
    ) => {
      const token = config.token ?? null;
      const fixed = config[`${service}Endpoint`];
      if (fixed) return new ServiceClient(new FixedEndpoints(service, [fixed]), axiosRef, token);
      const endpoints = new RegisteredEndpoints(service, registry);
      lookups.add(endpoints);
      readiness.need(services[service].key, () => endpoints.missing());
      return new ServiceClient(endpoints, axiosRef, token);
    },
  };
}
