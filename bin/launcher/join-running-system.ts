import { LaunchError } from './launch-error.js';
import { dataFolder, findSystem } from './running-system.js';

/**
 * Sets registry and token for a service that joins the system started by `npm start`, unless they are set already.
 * @throws LaunchError when there is no system to join
 */
export function joinRunningSystem(env: NodeJS.ProcessEnv): void {
  const folder = dataFolder(env);
  const system = findSystem(folder);
  if (!system && !env.MICRO_KEYVALUESTORE_ENDPOINT) {
    throw new LaunchError(
      `No system runs on ${folder}: start one with "npm start" there, ` +
        `or name the registry with MICRO_KEYVALUESTORE_ENDPOINT (and MICRO_TOKEN).`,
    );
  }
  env.HOST ??= '127.0.0.1';
  env.MICRO_KEYVALUESTORE_ENDPOINT ??= system?.registry;
  env.MICRO_TOKEN ??= system?.token;
}
