import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems choose by themselves, so that nobody is given one of these while its process is away.
 * Two files of tests that run at once have a half each.
 */
const portsOfHalf = 10_000;
const firstPort = portsOfHalf * (1 + (Number(process.env.VITEST_POOL_ID) % 2));

/** So many different ports that are free. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(firstPort, firstPort + portsOfHalf);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
