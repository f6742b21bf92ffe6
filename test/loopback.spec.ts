import { once } from 'node:events';
import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { services, type ServiceName } from '#contracts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { call } from '../libs/chassis/test/call.js';
import { RunningProcess } from './harness/running-process.js';

const serviceNames = Object.keys(services) as ServiceName[];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The addresses of this machine beside the one that services listen on by default. */
const otherAddresses = [
  ...Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address),
  ...(process.platform === 'linux' ? ['127.0.0.2'] : []),
];

/** A service without a token, and without any registry. */
function run(service: ServiceName, env: NodeJS.ProcessEnv): RunningProcess {
  const main = new URL(`../dist/apps/${service}/src/main.js`, import.meta.url).pathname;
  const started = new RunningProcess(service, 'node', [main, '127.0.0.1:1'], {
    MICRO_DATA: folder,
    MICRO_TOKEN: '',
    MICRO_INSECURE: '',
    HOST: '',
    PORT: '0',
    ...env,
  });
  onTestFinished(() => started.end().then(() => undefined));
  return started;
}

async function isReachable(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

it('an address that this machine has not is told in one line', async () => {
  const refusing = run('db', { HOST: '192.0.2.1', MICRO_INSECURE: 'true' });
  expect(await refusing.ended()).toBe(1);
  expect(refusing.lines).toEqual([expect.stringMatching(/^Cannot listen: .*192\.0\.2\.1/)]);
});

describe('without a token', () => {
  it('every service listens on 127.0.0.1 and no other address', async () => {
    await Promise.all(
      serviceNames.map(async (service) => {
        const [, port] = await run(service, {}).line(/is listening on (\d+)/);
        expect(await isReachable('127.0.0.1', Number(port)), service).toBe(true);
        for (const address of otherAddresses) {
          expect(await isReachable(address, Number(port)), `${service} at ${address}`).toBe(false);
        }
      }),
    );
  });

  it('no service answers to the name of somebody else, which may have been bound to its address', async () => {
    await Promise.all(
      serviceNames.map(async (service) => {
        const [, port] = await run(service, {}).line(/is listening on (\d+)/);
        for (const path of ['/', '/task', '/files', '/api', '/api-json', '/health/live', '/metrics']) {
          const rebound = { headers: { Host: `rebound.example:${port}` } };
          expect((await call(`http://127.0.0.1:${port}${path}`, rebound)).status, service + path).toBe(421);
        }
      }),
    );
  });

  it('no service starts on every interface: it says why in one line', async () => {
    await Promise.all(
      serviceNames.map(async (service) => {
        const refusing = run(service, { HOST: '0.0.0.0' });
        expect(await refusing.ended(), service).toBe(1);
        expect(refusing.lines, service).toEqual([
          expect.stringMatching(/^Configuration error: HOST must be a loopback address unless MICRO_TOKEN is set/),
        ]);
      }),
    );
  });
});
