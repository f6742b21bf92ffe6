import { setTimeout as sleep } from 'node:timers/promises';
import { LaunchError } from './launch-error.js';
import { isRunning, type ProcessMark } from './process-mark.js';
import { dataFolder, findSystem, listed, withdrawSystem } from './running-system.js';
import { killAfterGraceMs, stageCount, stopInOrder } from './stop-order.js';

const pollMs = 50;

/**
 * Stops the system that was started on the data folder: through its launcher, or, when that is gone, whatever is left of
 * its services. Says what it does. Resolves with the exit code once nothing runs any more.
 * @throws LaunchError when a process cannot be ended
 */
export async function stopSystem(env: NodeJS.ProcessEnv): Promise<number> {
  const data = dataFolder(env);
  const system = findSystem(data);
  const running = system?.services.filter((service) => isRunning(service.process)) ?? [];
  if (!system || (!isRunning(system.launcher) && running.length === 0)) {
    say(`No system runs on ${data}.`);
    return 0;
  }
  const stageMs = system.graceMs + killAfterGraceMs;
  if (isRunning(system.launcher)) {
    say(`Stopping the system on ${data} (process ${system.launcher.pid}) …`);
    await end('The launcher', system.launcher, stageMs * stageCount);
  } else {
    say(`The system on ${data} has lost its launcher. Stopping what is left of it …`);
  }
  await stopInOrder(system.services, ({ name, process: mark }) => end(name, mark, stageMs));
  withdrawSystem(data);
  say(`Stopped: ${listed(running)}.`);
  return 0;
}

/** Tells a process to end, and makes it end when it takes longer than that. */
async function end(name: string, mark: ProcessMark, patienceMs: number): Promise<void> {
  if (!isRunning(mark)) return;
  signal(name, mark, 'SIGTERM');
  const deadline = performance.now() + patienceMs;
  while (isRunning(mark) && performance.now() < deadline) await sleep(pollMs);
  if (!isRunning(mark)) return;
  say(`${name} (process ${mark.pid}) does not end by itself and is killed.`);
  signal(name, mark, 'SIGKILL');
  while (isRunning(mark)) await sleep(pollMs);
}

function signal(name: string, mark: ProcessMark, sent: NodeJS.Signals): void {
  if (!isRunning(mark)) return;
  try {
    process.kill(mark.pid, sent);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH') throw new LaunchError(`${name} (process ${mark.pid}) cannot be stopped (${code}).`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
