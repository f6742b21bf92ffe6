import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { isRunning } from '../../bin/launcher/process-mark.js';
import { findSystem, type RunningSystem } from '../../bin/launcher/running-system.js';
import { freePorts } from './free-ports.js';
import { MasterClient } from './master-client.js';
import { repository } from './manifests.js';
import { RunningProcess } from './running-process.js';

/** How somebody starts the launcher. */
export type Starter = (env: NodeJS.ProcessEnv, args: string[]) => RunningProcess;

const processEndMs = 60_000;

/** The system as `npm start` brings it up, on ports of its own. */
export class LaunchedSystem {
  readonly client = new MasterClient(() => Promise.resolve(`127.0.0.1:${this.ports.master}`));
  private lastAnnouncement: RunningSystem | null = null;

  private constructor(
    readonly folder: string,
    readonly ports: Record<'keyvaluestore' | 'db' | 'storage' | 'master' | 'ui', number>,
    public launcher: RunningProcess,
    /** What it was started with: its folder, and its ports. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts it as `npm start -- ARGS` does, and waits until it says that it is running. */
  static start(...args: string[]): Promise<LaunchedSystem> {
    return LaunchedSystem.startBy(launcher, ...args);
  }

  /** The same, started in a way of somebody's own. */
  static async startBy(starter: Starter, ...args: string[]): Promise<LaunchedSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    const env = { MICRO_DATA: folder };
    const ports = await freeServicePorts();
    for (const [service, port] of Object.entries(ports)) {
      Object.assign(env, { [`MICRO_${service.toUpperCase()}_PORT`]: String(port) });
    }
    const system = new LaunchedSystem(folder, ports, starter(env, args), env);
    onTestFinished(() => system.remove());
    await system.untilUp();
    return system;
  }

  /** Starts it again on the same data and the same ports. */
  async startAgain(...args: string[]): Promise<void> {
    this.launcher = launcher(this.env, args);
    await this.untilUp();
  }

  /** A worker in another terminal, as `npm run worker` starts it. */
  joinWorker(): RunningProcess {
    return this.script('worker');
  }

  /** What an npm script of this name runs, in another terminal. */
  script(name: 'start' | 'stop' | 'worker', args: string[] = [], env: NodeJS.ProcessEnv = {}): RunningProcess {
    const started = npmScript(name, { ...this.env, ...env }, args);
    onTestFinished(() => started.end().then(() => undefined));
    return started;
  }

  /** What the launcher has announced last: its processes, among other things. */
  get announced(): RunningSystem {
    this.lastAnnouncement = findSystem(this.folder) ?? this.lastAnnouncement;
    if (!this.lastAnnouncement) throw new Error('the launcher has announced nothing');
    return this.lastAnnouncement;
  }

  /** The number of the process of a service or, under `launcher`, of the launcher. */
  pidOf(name: string): number {
    const { launcher: mark, services } = this.announced;
    return name === 'launcher' ? mark.pid : services.find((service) => service.name === name)!.process.pid;
  }

  /** The names of all that run. */
  get running(): string[] {
    const { launcher: mark, services } = this.announced;
    const processes = [{ name: 'launcher', process: mark }, ...services];
    return processes.filter((one) => isRunning(one.process)).map(({ name }) => name);
  }

  /** Resolves when launcher and services have all ended. */
  async ended(): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.running.length > 0) throw new Error(`still running: ${this.running.join(', ')}`);
      },
      { timeout: processEndMs, interval: 50 },
    );
  }

  private async untilUp(): Promise<void> {
    await this.launcher.line(/is running/);
    this.lastAnnouncement = findSystem(this.folder);
  }

  private async remove(): Promise<void> {
    await this.launcher.end('SIGTERM');
    for (const name of this.lastAnnouncement ? this.running : []) process.kill(this.pidOf(name), 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What an npm script of this name runs, after the build. */
export function npmScript(
  name: 'start' | 'stop' | 'worker',
  env: NodeJS.ProcessEnv,
  args: string[] = [],
): RunningProcess {
  return new RunningProcess(name, 'node', [join(repository, `dist/bin/${name}.js`), ...args], env);
}

const launcher: Starter = (env, args) => npmScript('start', env, args);

async function freeServicePorts(): Promise<LaunchedSystem['ports']> {
  const [keyvaluestore, db, storage, master, ui] = (await freePorts(5)) as [number, number, number, number, number];
  return { keyvaluestore, db, storage, master, ui };
}
