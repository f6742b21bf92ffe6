import { once } from 'node:events';
import { createServer } from 'node:net';
import { LaunchError } from './launch-error.js';
import type { LaunchPlan } from './launch-plan.js';

/**
 * Makes sure that every port of the plan is free: a service that cannot listen would only be started again and again.
 * @throws LaunchError naming the service and the variable that moves it
 */
export async function requireFreePorts({ host, services }: LaunchPlan): Promise<void> {
  for (const { name, service, port } of services) {
    if (port === 0) continue;
    const server = createServer().listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new LaunchError(
        `Port ${port}, for ${name}, cannot be used (${(error as NodeJS.ErrnoException).code}). Is another system ` +
          `running? Choose another port with MICRO_${service.toUpperCase()}_PORT.`,
      );
    }
    server.close();
    await once(server, 'close');
  }
}
