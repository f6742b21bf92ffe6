import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { defaultGraceSeconds } from '#chassis';
import { services, type ServiceName } from '#contracts';
import { LaunchError } from './launch-error.js';
import { dataFolder } from './running-system.js';

/** One process to start. */
export interface PlannedService {
  /** As it is shown: the service's name, with a number where there are several. */
  name: string;
  service: ServiceName;
  /** 0 takes any free one. */
  port: number;
  env: NodeJS.ProcessEnv;
}

/** What `npm start` brings up. */
export interface LaunchPlan {
  /** Where the services listen. */
  host: string;
  /** Where this machine reaches them. */
  reachable: string;
  data: string;
  registry: string;
  token: string;
  /** How long a service may take to finish what it has begun, once it is told to stop. */
  graceMs: number;
  services: PlannedService[];
}

const order: ServiceName[] = ['keyvaluestore', 'db', 'storage', 'master', 'ui'];
const workerLimit = 64;
const everyInterface = ['0.0.0.0', '::'];

/**
 * Plans the processes of a whole system on this machine: loopback only and with a random token, unless the environment
 * says otherwise.
 * @throws LaunchError
 */
export function planLaunch(args: string[], env: NodeJS.ProcessEnv): LaunchPlan {
  const workers = workerCount(args);
  const host = env.HOST?.trim() || '127.0.0.1';
  const token = env.MICRO_TOKEN?.trim() || randomBytes(24).toString('base64url');
  const ports = new Map(order.map((service) => [service, portOf(service, env)]));
  const reachable = everyInterface.includes(host) ? '127.0.0.1' : host;
  const registry = `${reachable}:${ports.get('keyvaluestore')}`;
  const shared: NodeJS.ProcessEnv = {
    MICRO_LOG_FORMAT: 'pretty',
    ...(process.stdout.isTTY && { FORCE_COLOR: '1' }),
    ...env,
    PORT: '',
    HOST: host,
    MICRO_TOKEN: token,
    MICRO_DATA: dataFolder(env),
    MICRO_KEYVALUESTORE_ENDPOINT: registry,
  };
  const graceMs = Number(env.MICRO_GRACE_SECONDS || defaultGraceSeconds) * 1000;
  const fixed = order.map((service) => ({ name: service, service, port: ports.get(service)!, env: shared }));
  const numbered = Array.from({ length: workers }, (_unused, index) => ({
    name: workers === 1 ? 'worker' : `worker-${index + 1}`,
    service: 'worker' as const,
    port: 0,
    env: { ...shared, MICRO_WORKER_PORT: '0' },
  }));
  return { host, reachable, data: dataFolder(env), registry, token, graceMs, services: [...fixed, ...numbered] };
}

function workerCount(args: string[]): number {
  let text: string;
  try {
    text = parseArgs({ args, options: { workers: { type: 'string', default: '1' } } }).values.workers;
  } catch (error) {
    throw new LaunchError(`${(error as Error).message}. Usage: npm start -- [--workers N]`);
  }
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= workerLimit) return count;
  throw new LaunchError(`--workers must be a whole number from 0 to ${workerLimit} (it is "${text}")`);
}

function portOf(service: ServiceName, env: NodeJS.ProcessEnv): number {
  const name = `MICRO_${service.toUpperCase()}_PORT`;
  const text = env[name]?.trim() || String(services[service].port);
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new LaunchError(`${name} must be a port from 1 to 65535 (it is "${text}")`);
}
