import { Problem } from '../problem/problem.js';
import type { ServiceName } from '../service.js';

/** What a client is told when a service that is needed cannot be reached; why is told in the log alone. */
export function unavailable(service: ServiceName, cause: Error): Problem {
  return new Problem('service-unavailable', `${service} cannot be reached`, { retryAfterSeconds: 1, cause });
}
