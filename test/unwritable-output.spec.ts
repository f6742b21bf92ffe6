import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from './harness/free-ports.js';
import { repository } from './harness/manifests.js';
import { patiently } from './harness/patiently.js';

const fullDisk = '/dev/full';

/** A service that logs every request, with its output somewhere. */
async function serviceWith(stdio: StdioOptions, logFormat: string): Promise<{ child: ChildProcess; port: number }> {
  const [port] = (await freePorts(1)) as [number];
  const main = join(repository, 'dist/apps/keyvaluestore/src/main.js');
  const env = { ...process.env, PORT: String(port), MICRO_LOG_FORMAT: logFormat, MICRO_LOG_LEVEL: 'debug' };
  const child = spawn('node', [main], { env, stdio });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, port };
}

async function answersAndStops(child: ChildProcess, port: number): Promise<void> {
  for (let requests = 0; requests < 3; requests++) {
    const answer = await patiently(() => fetch(`http://127.0.0.1:${port}/health/live`));
    expect(answer.status).toBe(200);
  }
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
}

describe.each(['json', 'pretty'])('A service that logs as %s', (logFormat) => {
  it('goes on when nobody reads its output any more, and stops cleanly', async () => {
    const { child, port } = await serviceWith(['ignore', 'pipe', 'pipe'], logFormat);
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    child.stderr!.destroy();

    await answersAndStops(child, port);
  });

  it.skipIf(!existsSync(fullDisk))(`goes on when its output is a full disk (${fullDisk}), too`, async () => {
    const output = openSync(fullDisk, 'w');
    const { child, port } = await serviceWith(['ignore', output, output], logFormat);
    closeSync(output);

    await answersAndStops(child, port);
  });
});
