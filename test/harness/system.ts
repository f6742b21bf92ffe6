import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { services, type RegisteredService, type ServiceName } from '#contracts';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { freePorts } from './free-ports.js';
import { MasterClient } from './master-client.js';
import { patiently } from './patiently.js';
import { RunningProcess } from './running-process.js';

export interface SystemOptions {
  masters?: number;
  workers?: number;
  env?: NodeJS.ProcessEnv;
}

/** The secret that all services of a system share. */
export const serviceToken = 'a-token-of-the-end-to-end-tests';

/**
 * A whole system of real processes on ports of its own, with its data in a folder of its own. Every service but the
 * registry takes a new port whenever it starts, so every restart is a move as well.
 */
export class System {
  private readonly running = new Map<string, RunningProcess>();
  private readonly ended: RunningProcess[] = [];

  private constructor(
    readonly folder: string,
    private readonly registryPort: number,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** A system for one test, which ends with it. */
  static async start(options?: SystemOptions): Promise<System> {
    const system = await System.create(options?.env);
    onTestFinished(() => system.stop());
    await system.launchAll(options);
    return system;
  }

  /** A system for all tests of a suite. */
  static shared(options?: SystemOptions): () => System {
    let system: System;
    beforeAll(async () => {
      system = await System.create(options?.env);
      await system.launchAll(options);
    });
    afterAll(() => system.stop());
    return () => system;
  }

  private static async create(env: NodeJS.ProcessEnv = {}): Promise<System> {
    const [registryPort] = (await freePorts(1)) as [number];
    return new System(await mkdtemp(join(tmpdir(), 'node-micro-test-')), registryPort, env);
  }

  private async launchAll({ masters = 1, workers = 1 }: SystemOptions = {}): Promise<void> {
    await this.launch('keyvaluestore');
    await Promise.all((['db', 'storage', 'master'] as const).map((service) => this.launch(service)));
    for (let number = 2; number <= masters; number++) await this.launch('master', `master-${number}`);
    for (let number = 1; number <= workers; number++) await this.launch('worker', `worker-${number}`);
  }

  /** `host:port` of the registry. */
  get registry(): string {
    return `127.0.0.1:${this.registryPort}`;
  }

  /** A client that finds master in the registry, again after every move. */
  get client(): MasterClient {
    return new MasterClient(() => this.endpointOf('master'));
  }

  process(name: string): RunningProcess {
    const found = this.running.get(name);
    if (!found) throw new Error(`${name} is not running`);
    return found;
  }

  /** All lines of a process, and of those that ran before it under its name. */
  logs(name: string): string[] {
    return [...this.ended, ...this.running.values()]
      .filter((process) => process.name === name)
      .flatMap(({ lines }) => lines);
  }

  /**
   * Starts a service and waits until the registry knows it.
   * @param env for this process alone
   */
  async launch(service: ServiceName, name: string = service, env: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
    const main = new URL(`../../dist/apps/${service}/src/main.js`, import.meta.url).pathname;
    const isRegistry = service === 'keyvaluestore';
    const args = isRegistry ? [main] : [main, this.registry];
    const started = new RunningProcess(name, 'node', args, {
      MICRO_DATA: this.folder,
      MICRO_TOKEN: serviceToken,
      MICRO_LEASE_SECONDS: '3',
      MICRO_GRACE_SECONDS: '10',
      HOST: '127.0.0.1',
      PORT: isRegistry ? String(this.registryPort) : '0',
      ...this.env,
      ...env,
    });
    const before = this.running.get(name);
    if (before) this.ended.push(before);
    this.running.set(name, started);
    await started.line(isRegistry ? /is listening on/ : /endpoint registered/);
    return started;
  }

  /** Kills a process as a power cut would, and starts it again. */
  async restart(service: ServiceName, name: string = service): Promise<void> {
    await this.process(name).end('SIGKILL');
    await this.launch(service, name);
  }

  /**
   * `host:port` of a service, as the registry has it now. @throws Error when that is no process that runs: of one that
   * was killed, another system may have the port by now.
   */
  async endpointOf(service: RegisteredService): Promise<string> {
    const answer = await fetch(`http://${this.registry}/${services[service].key}`);
    const endpoint = (await answer.text()).trim();
    if ([...this.running.values()].some((process) => process.listensOn(endpoint))) return endpoint;
    throw new Error(`${service} is not registered, or does not run`);
  }

  /** What an internal route of a service answers, under the service token, as soon as one of its processes answers. */
  internal(service: RegisteredService, path: string): Promise<unknown> {
    return patiently(async () => {
      const response = await fetch(`http://${await this.endpointOf(service)}${path}`, {
        headers: { Authorization: `Bearer ${serviceToken}` },
      });
      if (!response.ok) throw new Error(`${service} answered ${response.status} to ${path}`);
      return response.json();
    });
  }

  /** The files that storage keeps, by their place on the disk. */
  async storedFiles(): Promise<string[]> {
    const entries = await readdir(join(this.folder, 'storage'), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name !== 'store.json')
      .map((entry) => join(entry.parentPath, entry.name));
  }

  private async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((process) => process.end()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
