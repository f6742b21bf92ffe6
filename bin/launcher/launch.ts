import { requireFreePorts } from './free-ports.js';
import { requireIdleFolder } from './idle-folder.js';
import { planLaunch } from './launch-plan.js';
import { Launcher } from './launcher.js';

/**
 * Runs the whole system on this machine until it is told to stop. Resolves with the exit code.
 * @throws LaunchError when it cannot be started
 */
export async function launch(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const plan = planLaunch(args, env);
  requireIdleFolder(plan);
  await requireFreePorts(plan);
  return new Launcher(plan).run();
}
