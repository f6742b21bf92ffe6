import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '#contracts';
import { onTestFinished } from 'vitest';
import type { Bundles } from './bundles.js';
import { MasterClient } from './master-client.js';
import { RunningProcess } from './running-process.js';

const restrictions = new URL('osv-restrictions.mjs', import.meta.url).pathname;
const token = 'a-token-of-the-unikernels';

/**
 * The whole system from its bundles, each service a process that may do no more than it could on OSv: it reads its own
 * bundle and nothing else of the disk, writes to `/data` and `/tmp` (folders of its own here) and nowhere else, and
 * starts no other process.
 */
export class UnikernelSystem {
  private readonly running = new Map<ServiceName, RunningProcess>();

  private constructor(
    private readonly bundles: Bundles,
    readonly folder: string,
  ) {}

  static async start(bundles: Bundles): Promise<UnikernelSystem> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'node-micro-test-')));
    const system = new UnikernelSystem(bundles, folder);
    onTestFinished(async () => {
      await Promise.all([...system.running.values()].map((process) => process.end()));
      await rm(folder, { recursive: true, force: true });
    });
    await system.launch('keyvaluestore');
    await Promise.all((['db', 'storage', 'master'] as const).map((service) => system.launch(service)));
    await Promise.all((['worker', 'ui'] as const).map((service) => system.launch(service)));
    return system;
  }

  process(service: ServiceName): RunningProcess {
    return this.running.get(service)!;
  }

  /** The port that a service says it listens on. */
  async port(service: ServiceName): Promise<string> {
    return (await this.process(service).line(/is listening on (\d+)/))[1]!;
  }

  /** A client of a service that serves the public API: master, or ui, which forwards to it. */
  client(service: 'master' | 'ui'): MasterClient {
    return new MasterClient(async () => `127.0.0.1:${await this.port(service)}`);
  }

  /** Asks a service to stop over HTTP, as an operator of a unikernel does. */
  async stop(service: ServiceName, authorization = `Bearer ${token}`): Promise<Response> {
    const url = `http://127.0.0.1:${await this.port(service)}/health/stop`;
    return fetch(url, { method: 'POST', headers: { authorization } });
  }

  private async launch(service: ServiceName): Promise<void> {
    const home = join(this.folder, service);
    const [data, temp] = [join(home, 'data'), join(home, 'tmp')];
    for (const folder of [data, temp]) await mkdir(folder, { recursive: true });
    const bundle = this.bundles.of(service);
    const registry = service === 'keyvaluestore' ? [] : [`127.0.0.1:${await this.port('keyvaluestore')}`];
    const args = [
      '--permission',
      ...[bundle, restrictions, data, temp].map((path) => `--allow-fs-read=${path}`),
      ...[data, temp].map((path) => `--allow-fs-write=${path}`),
      // sharp's native part. It is nothing that OSv lacks: OSv loads it too.
      ...(service === 'worker' ? ['--allow-addons'] : []),
      '--import',
      restrictions,
      join(bundle, 'main.mjs'),
      ...registry,
    ];
    const started = new RunningProcess(service, 'node', args, {
      NODE_OPTIONS: '',
      NODE_ENV: 'production',
      HOME: temp,
      TMPDIR: temp,
      MICRO_DATA: data,
      MICRO_DB_URL: 'sqlite::memory:',
      MICRO_TOKEN: token,
      MICRO_GRACE_SECONDS: '10',
      HOST: '127.0.0.1',
      PORT: '0',
    });
    this.running.set(service, started);
    await started.line(service === 'keyvaluestore' ? /is listening on/ : /endpoint registered/);
  }
}
