import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '#contracts';
import type { PlannedService } from './launch-plan.js';
import { killAfterGraceMs } from './stop-order.js';

const firstRestartMs = 500;
const longestRestartMs = 30_000;
/** A service that ran for this long before it died starts again without a history. */
const healthyMs = 60_000;
const lifeline = new URL('./lifeline.js', import.meta.url).href;

/** What becomes of a service. */
export interface ServiceWatcher {
  /** Receives the service's output and what is to say of it, line by line. */
  say(line: string): void;
  started(): void;
  /** It ended by itself. Whoever does not want it to be started again calls `retire` now. */
  died(exitCode: number | null): void;
}

/**
 * One service as a child process that is started again whenever it dies, at growing intervals, until it is retired. It
 * ends by itself when this process does.
 */
export class ServiceProcess {
  private child: ChildProcess | null = null;
  private restartMs = firstRestartMs;
  private restart: NodeJS.Timeout | undefined;
  private retired = false;

  /** @param graceMs how long the service may take to finish what it has begun, once it is told to stop */
  constructor(
    private readonly planned: PlannedService,
    private readonly graceMs: number,
    private readonly watcher: ServiceWatcher,
  ) {}

  get name(): string {
    return this.planned.name;
  }

  get service(): ServiceName {
    return this.planned.service;
  }

  /** Of the process that runs; null while none does. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  start(): void {
    const startedAt = performance.now();
    // In a process group of its own, so that Ctrl-C reaches the launcher alone, which stops the services in order.
    const child = spawn(process.execPath, ['--enable-source-maps', '--import', lifeline, entryOf(this.service)], {
      env: this.planned.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.child = child;
    this.watcher.started();
    if (child.pid) this.watcher.say(`starts as process ${child.pid}`);
    for (const output of [child.stdout!, child.stderr!]) {
      createInterface({ input: output }).on('line', (line) => this.watcher.say(line));
    }
    child.once('error', (error) => this.watcher.say(`cannot be started: ${error.message}`));
    child.once('close', (code, signal) => {
      this.child = null;
      if (this.retired) return;
      if (performance.now() - startedAt > healthyMs) this.restartMs = firstRestartMs;
      this.watcher.died(code);
      this.watcher.say(`ended (${signal ?? `exit code ${code}`})${this.startLater()}`);
    });
  }

  /** Is not started again from now on. */
  retire(): void {
    this.retired = true;
    clearTimeout(this.restart);
  }

  /** Asks the service to end, and makes it end when it takes too long. Resolves when it has. */
  async stop(): Promise<void> {
    this.retire();
    const { child } = this;
    if (!child) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), this.graceMs + killAfterGraceMs);
    await closed;
    clearTimeout(kill);
  }

  /** @returns what to say of it */
  private startLater(): string {
    if (this.retired) return '';
    const { restartMs } = this;
    this.restart = setTimeout(() => this.start(), restartMs);
    this.restartMs = Math.min(restartMs * 2, longestRestartMs);
    return `; starts again in ${restartMs / 1000} s`;
  }
}

function entryOf(service: ServiceName): string {
  return fileURLToPath(new URL(`../../apps/${service}/src/main.js`, import.meta.url));
}
