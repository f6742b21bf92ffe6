import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from './harness/free-ports.js';
import { MasterClient, type ShownTask } from './harness/master-client.js';
import { png } from './harness/photo.js';
import { RunningProcess } from './harness/running-process.js';
import { Stranger } from './harness/stranger.js';
import { serviceToken, System } from './harness/system.js';

const [db, storage, master] = (await freePorts(3)) as [number, number, number];
const ports = { db, storage, master };
const rounds = 5;

describe('a host:port that is used by somebody else while its service is away', () => {
  const system = System.shared({
    workers: 0,
    env: {
      MICRO_DB_PORT: String(db),
      MICRO_STORAGE_PORT: String(storage),
      MICRO_MASTER_PORT: String(master),
    },
  });
  const client = new MasterClient(() => Promise.resolve(`127.0.0.1:${master}`));
  let image: Buffer;
  let task: ShownTask;

  beforeAll(async () => {
    image = await png();
    task = await client.upload(image);
  });

  /** What needs the service, as a client asks for it. */
  const needs = { db: () => [`/task/${task.id}`, '/queue'], storage: () => [`/task/${task.id}/source`] };

  async function expectAllUnavailable(service: 'db' | 'storage'): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const path of needs[service]()) {
        const response = await client.fetch(path);
        expect(response.status, path).toBe(503);
        expect(response.headers.get('Retry-After')).toBe('1');
        expect(await response.json()).toMatchObject({ code: 'service-unavailable' });
      }
    }
  }

  /** On the very port where it was. */
  async function comesBack(service: 'db' | 'storage'): Promise<void> {
    await system().launch(service);
    for (const path of needs[service]()) expect((await client.patiently(path)).status, path).toBe(200);
    expect((await client.download(task.source.href)).equals(image)).toBe(true);
  }

  describe.each(['db', 'storage'] as const)('where %s was', (service) => {
    it('by another server: nothing it says is believed, and the token goes to it once', async () => {
      await system().process(service).end();
      const stranger = await Stranger.start(ports[service]);

      await expectAllUnavailable(service);

      expect(stranger.requests.map(({ authorization }) => authorization)).toEqual([`Bearer ${serviceToken}`]);
      await stranger.stop();
      await comesBack(service);
    });

    it('by the same service with another store: nothing it says is believed, and it is asked once', async () => {
      await system().process(service).end();
      const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
      const foreign = await startForeign(service, folder);

      await expectAllUnavailable(service);

      await foreign.line(/request completed/);
      await foreign.end('SIGTERM');
      expect(foreign.lines.filter((line) => line.includes('request completed'))).toHaveLength(1);
      await comesBack(service);
      await rm(folder, { recursive: true });
    });
  });

  it('where master was: a worker sends it no call twice, and goes on with another master', async () => {
    const worker = await system().launch('worker');
    expect((await client.settled(task.id)).state).toBe('finished');
    await system().process('master').end();
    const stranger = await Stranger.start(master);
    await worker.line(/Master set aside: .*answers as/);
    // The next tick of the worker knows nobody to ask.
    await worker.line(/Waiting for tasks: .*no live masterendpoint/);

    const other = await system().launch('master', 'master-2', { MICRO_MASTER_PORT: '0' });
    const otherClient = new MasterClient(() => other.endpoint());
    const { id } = await otherClient.upload(image);
    expect((await otherClient.settled(id)).state).toBe('finished');

    const asked = stranger.requests.map(({ path }) => path);
    // The poll, and the reclaim that may have been on its way in the same moment.
    expect(asked).toContain('/task/next');
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThanOrEqual(2);
    await stranger.stop();
  });
});

/** The same service with a store of its own and without this system's registry, on the port where the right one was. */
async function startForeign(service: 'db' | 'storage', folder: string): Promise<RunningProcess> {
  const main = new URL(`../dist/apps/${service}/src/main.js`, import.meta.url).pathname;
  const foreign = new RunningProcess(`foreign ${service}`, 'node', [main, '127.0.0.1:1'], {
    HOST: '127.0.0.1',
    PORT: String(ports[service]),
    MICRO_DATA: folder,
    MICRO_TOKEN: serviceToken,
    MICRO_LOG_LEVEL: 'debug',
  });
  onTestFinished(() => foreign.end().then(() => undefined));
  await foreign.line(/is listening/);
  return foreign;
}
