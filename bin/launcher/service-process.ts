import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const firstRestartMs = 500;
const longestRestartMs = 30_000;
/** A service that ran for this long before it died starts again without a history. */
const healthyMs = 60_000;
/** What a service may take to end beyond its grace time. */
const killAfterGraceMs = 10_000;

/**
 * One service as a child process that is started again whenever it dies, at growing intervals, until `stop`.
 */
export class ServiceProcess {
  private child: ChildProcess | null = null;
  private restartMs = firstRestartMs;
  private restart: NodeJS.Timeout | undefined;
  private stopping = false;

  /**
   * @param main the service's entry file
   * @param say receives the service's output and what is to say of it, line by line
   */
  constructor(
    readonly name: string,
    private readonly main: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly say: (line: string) => void,
    /** How long the service may take to finish what it has begun, once it is told to stop. */
    private readonly graceMs: number,
  ) {}

  start(): void {
    const startedAt = performance.now();
    // In a process group of its own, so that Ctrl-C reaches the launcher alone, which stops the services in order.
    const child = spawn(process.execPath, ['--enable-source-maps', this.main], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child = child;
    if (child.pid) this.say(`starts as process ${child.pid}`);
    for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on('line', this.say);
    child.once('error', (error) => this.say(`cannot be started: ${error.message}`));
    child.once('close', (code, signal) => {
      this.child = null;
      if (this.stopping) return;
      if (performance.now() - startedAt > healthyMs) this.restartMs = firstRestartMs;
      this.say(`ended (${signal ?? `exit code ${code}`}); starts again in ${this.restartMs / 1000} s`);
      this.restart = setTimeout(() => this.start(), this.restartMs);
      this.restartMs = Math.min(this.restartMs * 2, longestRestartMs);
    });
  }

  /** Asks the service to end, and makes it end when it takes too long. Resolves when it has. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    const { child } = this;
    if (!child) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), this.graceMs + killAfterGraceMs);
    await closed;
    clearTimeout(kill);
  }
}
