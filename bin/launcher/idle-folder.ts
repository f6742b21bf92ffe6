import { LaunchError, type LaunchPlan } from './launch-plan.js';
import { findSystem } from './running-system.js';

const answerMs = 5_000;

/**
 * Makes sure that no other system runs on the data folder. One that was killed has left its announcement behind, but
 * its registry does not answer any more.
 * @throws LaunchError
 */
export async function requireIdleFolder({ data }: LaunchPlan): Promise<void> {
  const system = findSystem(data);
  if (!system) return;
  const runs = await fetch(`http://${system.registry}/health/live`, { signal: AbortSignal.timeout(answerMs) }).then(
    (response) => response.headers.get('Micro-Service') === 'keyvaluestore',
    () => false,
  );
  if (!runs) return;
  throw new LaunchError(
    `A system runs on ${data} already, with its registry at ${system.registry}. Stop it first, or choose another ` +
      `folder with MICRO_DATA.`,
  );
}
