import type { LaunchPlan } from './launch-plan.js';
import { LaunchError } from './launch-error.js';
import { PrefixedOutput } from './prefixed-output.js';
import { markOf } from './process-mark.js';
import { announceSystem, withdrawSystem } from './running-system.js';
import { ServiceProcess } from './service-process.js';
import { onStopSignal } from './stop-signals.js';
import { stopInOrder } from './stop-order.js';
import { untilReady, welcome } from './welcome.js';

/** A whole system as child processes of this one, which are started again when they die, and end with it. */
export class Launcher {
  private readonly processes: ServiceProcess[];
  private readonly stop = new AbortController();
  private exitCode = 0;
  private isUp = false;

  constructor(private readonly plan: LaunchPlan) {
    const output = new PrefixedOutput(process.stdout, Math.max(...plan.services.map(({ name }) => name.length)));
    this.processes = plan.services.map((planned) => {
      const say = output.of(planned.name);
      return new ServiceProcess(planned, plan.graceMs, {
        say,
        started: () => this.announceAgain(say),
        died: (exitCode) => this.died(planned.name, exitCode),
      });
    });
  }

  /**
   * Starts all services, and stops them again when this process is told to. Resolves with the exit code.
   * @throws LaunchError when the data folder cannot be used
   */
  async run(): Promise<number> {
    const { signal } = this.stop;
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    onStopSignal(() => this.stop.abort());
    this.announce();
    for (const started of this.processes) started.start();
    untilReady(this.plan, signal).then(
      () => {
        this.isUp = true;
        process.stdout.write(welcome(this.plan));
      },
      () => undefined,
    );
    await stopped;
    process.stdout.write('\nStopping …\n');
    // A signal may have reached the services, too, and none that ends before its turn is to be started again.
    for (const ending of this.processes) ending.retire();
    await stopInOrder(this.processes, (ending) => ending.stop());
    withdrawSystem(this.plan.data);
    return this.exitCode;
  }

  /** A service that gives up before the system was ever up would do so again: then the whole start has failed. */
  private died(name: string, exitCode: number | null): void {
    if (this.isUp || !exitCode) return;
    process.stdout.write(`\n${name} cannot start, so the system cannot either; ${name} says why above.\n`);
    this.exitCode = 1;
    for (const ending of this.processes) ending.retire();
    this.stop.abort();
  }

  /** @throws LaunchError */
  private announce(): void {
    const { data, registry, token, graceMs } = this.plan;
    const services = this.processes.flatMap(({ name, service, pid }) => {
      const mark = pid === null ? null : markOf(pid);
      return mark ? [{ name, service, process: mark }] : [];
    });
    announceSystem(data, { registry, token, graceMs, launcher: markOf(process.pid)!, services });
  }

  /** Only other terminals need the announcement: the system goes on without it, on a full disk for example. */
  private announceAgain(say: (line: string) => void): void {
    try {
      this.announce();
    } catch (error) {
      if (!(error instanceof LaunchError)) throw error;
      say(error.message);
    }
  }
}
