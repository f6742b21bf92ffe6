import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { requireFreePorts } from './free-ports.js';
import { LaunchError, planLaunch, type LaunchPlan } from './launch-plan.js';
import { PrefixedOutput } from './prefixed-output.js';
import { requireIdleFolder } from './idle-folder.js';
import { announceSystem, withdrawSystem } from './running-system.js';
import { ServiceProcess } from './service-process.js';
import { untilReady, welcome } from './welcome.js';

/** Who stops before whom: those who take work in, then those who do it, then those whom all of them need. */
const stopOrder = [['ui'], ['worker'], ['master'], ['db', 'storage'], ['keyvaluestore']];

/** Runs the whole system on this machine until it is told to stop. */
export async function launch(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const plan = await checkedPlan(args, env);
  const output = new PrefixedOutput(process.stdout, Math.max(...plan.services.map(({ name }) => name.length)));
  const processes = plan.services.map((planned) => ({
    service: planned.service,
    process: new ServiceProcess(
      planned.name,
      entryOf(planned.service),
      planned.env,
      output.of(planned.name),
      plan.graceMs,
    ),
  }));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());

  announceSystem(plan.data, { registry: plan.registry, token: plan.token });
  for (const started of processes) started.process.start();
  untilReady(plan, stop.signal).then(
    () => process.stdout.write(welcome(plan)),
    () => undefined,
  );

  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  process.stdout.write('\nStopping …\n');
  for (const stage of stopOrder) {
    await Promise.all(
      processes.filter(({ service }) => stage.includes(service)).map((started) => started.process.stop()),
    );
  }
  withdrawSystem(plan.data);
  process.exit(0);
}

async function checkedPlan(args: string[], env: NodeJS.ProcessEnv): Promise<LaunchPlan> {
  try {
    const plan = planLaunch(args, env);
    await requireIdleFolder(plan);
    await requireFreePorts(plan);
    return plan;
  } catch (error) {
    if (error instanceof LaunchError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    }
    throw error;
  }
}

function entryOf(service: string): string {
  return fileURLToPath(new URL(`../../apps/${service}/src/main.js`, import.meta.url));
}
