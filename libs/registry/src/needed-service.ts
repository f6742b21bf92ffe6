import type { ServiceName } from '#contracts';
import type { ServiceConfig } from '#chassis';

const neededServices = ['db', 'storage', 'master'] as const;

/** A service that others look up, unless its endpoint is fixed. */
export type NeededService = (typeof neededServices)[number];

/** Whether others can find a service by its registration alone. */
export function isFoundByRegistration(service: ServiceName, config: ServiceConfig): boolean {
  return neededServices.some((needed) => needed === service && !config[`${needed}Endpoint`]);
}
