import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePorts } from './free-ports.js';
import { MasterClient } from './master-client.js';
import { RunningProcess } from './running-process.js';

/** The system as `npm start` brings it up, on ports of its own. */
export class LaunchedSystem {
  readonly client = new MasterClient(() => Promise.resolve(`127.0.0.1:${this.ports.master}`));

  private constructor(
    readonly folder: string,
    readonly ports: Record<'keyvaluestore' | 'db' | 'storage' | 'master' | 'ui', number>,
    public launcher: RunningProcess,
    /** What it was started with: its folder, and its ports. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts it as `npm start -- ARGS` does, and waits until it says that it is running. */
  static async start(...args: string[]): Promise<LaunchedSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    const [keyvaluestore, db, storage, master, ui] = (await freePorts(5)) as [number, number, number, number, number];
    const ports = { keyvaluestore, db, storage, master, ui };
    const env: NodeJS.ProcessEnv = { MICRO_DATA: folder };
    for (const [service, port] of Object.entries(ports)) env[`MICRO_${service.toUpperCase()}_PORT`] = String(port);
    const system = new LaunchedSystem(folder, ports, run('start', args, env), env);
    onTestFinished(async () => {
      await system.launcher.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    });
    await system.launcher.line(/is running/);
    return system;
  }

  /** Starts it again on the same data and the same ports. */
  async startAgain(...args: string[]): Promise<void> {
    this.launcher = run('start', args, this.env);
    await this.launcher.line(/is running/);
  }

  /** A worker in another terminal, as `npm run worker` starts it. */
  joinWorker(): RunningProcess {
    const worker = run('worker', [], { MICRO_DATA: this.folder });
    onTestFinished(() => worker.end().then(() => undefined));
    return worker;
  }
}

/** What an npm script of this name runs, after the build. */
function run(script: 'start' | 'worker', args: string[], env: NodeJS.ProcessEnv): RunningProcess {
  const main = new URL(`../../dist/bin/${script}.js`, import.meta.url).pathname;
  return new RunningProcess(script, 'node', [main, ...args], env);
}
