import { services, type RegisteredService } from '#contracts';
import type { System } from './system.js';

/** `host:port` of a service, as the registry has it now: for requests that no client of ours would make. */
export async function endpointOf(system: System, service: RegisteredService): Promise<string> {
  const response = await fetch(`http://${system.registry}/${services[service].key}`);
  if (!response.ok) throw new Error(`${service} is not registered`);
  return (await response.text()).trim();
}
