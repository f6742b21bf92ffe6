import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '#contracts';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePorts } from './harness/free-ports.js';
import { MasterClient } from './harness/master-client.js';
import { png } from './harness/photo.js';
import { RunningProcess } from './harness/running-process.js';
import { serviceToken } from './harness/system.js';

const timeout = { timeout: 30_000, interval: 100 };

async function readinessOf(service: RunningProcess): Promise<{ status: number; details: unknown }> {
  const response = await fetch(`http://${await service.endpoint()}/health/ready`);
  const { details } = (await response.json()) as { details: unknown };
  return { status: response.status, details };
}

/** As on Kubernetes: one set of variables for all, with the endpoint of each; the registry is down. */
describe('services whose endpoints are fixed, without the registry', () => {
  let ports: Record<'db' | 'storage' | 'master', number>;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    const [db, storage, master] = (await freePorts(3)) as [number, number, number];
    ports = { db, storage, master };
    env = {
      MICRO_DB_ENDPOINT: `127.0.0.1:${db}`,
      MICRO_STORAGE_ENDPOINT: `127.0.0.1:${storage}`,
      MICRO_MASTER_ENDPOINT: `127.0.0.1:${master}`,
    };
  });

  async function run(service: ServiceName, changes: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    const main = new URL(`../dist/apps/${service}/src/main.js`, import.meta.url).pathname;
    const started = new RunningProcess(service, 'node', [main, '127.0.0.1:1'], {
      MICRO_DATA: folder,
      MICRO_TOKEN: serviceToken,
      HOST: '127.0.0.1',
      PORT: String(service in ports ? ports[service as keyof typeof ports] : 0),
      ...env,
      ...changes,
    });
    onTestFinished(async () => {
      await started.end();
      await rm(folder, { recursive: true });
    });
    return started;
  }

  it('are ready, and do all their work', async () => {
    const services = await Promise.all((['db', 'storage', 'master', 'worker', 'ui'] as const).map((name) => run(name)));
    for (const service of services) {
      await vi.waitFor(
        async () => expect(await readinessOf(service), service.name).toMatchObject({ status: 200 }),
        timeout,
      );
    }

    const client = new MasterClient(() => Promise.resolve(`127.0.0.1:${ports.master}`));
    const { id } = await client.upload(await png());
    expect(await client.settled(id)).toMatchObject({ state: 'finished' });
  });

  it.each(['db', 'storage', 'master'] as const)(
    'are not ready where their own endpoint is not: %s would be found by nobody',
    async (name) => {
      const service = await run(name, { [`MICRO_${name.toUpperCase()}_ENDPOINT`]: '' });

      await service.line(/Waiting for the registry/);

      expect(await readinessOf(service)).toEqual({
        status: 503,
        details: { registration: { status: 'down', message: 'not registered yet' } },
      });
    },
  );
});
