import { LaunchError } from './launch-error.js';
import type { LaunchPlan } from './launch-plan.js';
import { isRunning } from './process-mark.js';
import { findSystem, listed } from './running-system.js';

/**
 * Makes sure that no other system runs on the data folder, and that none that lost its launcher is left of there.
 * @throws LaunchError that says how to stop it
 */
export function requireIdleFolder({ data }: LaunchPlan): void {
  const system = findSystem(data);
  if (!system) return;
  if (isRunning(system.launcher)) {
    throw new LaunchError(
      `A system runs on ${data} already (process ${system.launcher.pid}, registry at ${system.registry}). Stop it ` +
        `with "npm stop", or with Ctrl-C in its terminal, or choose another folder with MICRO_DATA.`,
    );
  }
  const left = system.services.filter((service) => isRunning(service.process));
  if (left.length === 0) return;
  throw new LaunchError(
    `The system on ${data} has lost its launcher, and this is left of it: ${listed(left)}. End that with "npm stop".`,
  );
}
