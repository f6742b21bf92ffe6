import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from './harness/free-ports.js';
import { form } from './harness/form.js';
import { MasterClient, type ShownTask } from './harness/master-client.js';
import { png } from './harness/photo.js';
import { RunningProcess } from './harness/running-process.js';
import { System } from './harness/system.js';

const root = new URL('..', import.meta.url).pathname;
const run = promisify(execFile);

/** `nest start APP -- REGISTRY`, as the seed starts each service in a terminal of its own. */
function nestStart(app: string, args: string[], env: NodeJS.ProcessEnv): RunningProcess {
  const started = new RunningProcess(app, 'nest', ['start', app, ...(args.length > 0 ? ['--', ...args] : [])], env, {
    ownGroup: true,
  });
  onTestFinished(() => started.end().then(() => undefined));
  return started;
}

describe('the walk-through in separate terminals', () => {
  it('starts service by service, takes a photo before there is a worker, and processes it when one comes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [port] = await freePorts(1);
    const registry = `localhost:${port}`;
    const env = { MICRO_DATA: folder, PORT: '0' };

    const keyvaluestore = nestStart('keyvaluestore', [], { ...env, PORT: String(port) });
    await keyvaluestore.line(/Key-value store is listening on \d+/);
    for (const [app, title] of [
      ['db', 'Database'],
      ['storage', 'Storage'],
      ['master', 'Master'],
    ] as const) {
      const service = nestStart(app, [registry], env);
      await service.line(new RegExp(`${title} is listening on \\d+`));
      await service.line(new RegExp(`${title} endpoint registered`));
    }
    const registered = await (await fetch(`http://${registry}/`)).text();
    expect(registered).toMatch(
      /^dbendpoint=127\.0\.0\.1:\d+\nmasterendpoint=127\.0\.0\.1:\d+\nstorageendpoint=127\.0\.0\.1:\d+\n$/,
    );

    const master = (await (await fetch(`http://${registry}/masterendpoint`)).text()).trim();
    const client = new MasterClient(() => Promise.resolve(master));
    const uploaded = await client.fetch('/task', { method: 'POST', body: form({ image: await png() }) });
    const task = (await uploaded.json()) as ShownTask;
    expect(task.state).toBe('queued');

    const worker = nestStart('worker', [registry], env);
    await worker.line(new RegExp(`Working on task ${task.id}`));
    await worker.line(new RegExp(`Task ${task.id} is done`));
    await worker.line(/Nothing to do at the moment/);
    expect((await client.settled(task.id)).state).toBe('finished');
  });
});

const missing = (
  await Promise.all(
    ['bash', 'curl'].map((tool) =>
      run(tool, ['--version']).then(
        () => [],
        () => [tool],
      ),
    ),
  )
).flat();

describe('bin/upload_batch.sh', () => {
  it.skipIf(missing.length > 0)(
    `uploads a photo as often as it is told${missing.length > 0 ? ` (needs ${missing.join(', ')})` : ''}`,
    async () => {
      const system = await System.start();
      const photo = join(system.folder, 'my photo; type=1.png');
      await writeFile(photo, await png());
      const script = join(root, 'bin/upload_batch.sh');
      const { stdout } = await run(script, [system.registry, photo, '20']);
      expect(stdout).toMatch(/^Uploading to 127\.0\.0\.1:\d+\n1\/20 {2}task /);
      const ids = [...stdout.matchAll(/task ([0-9a-f-]{36})$/gm)].map((match) => match[1]!);
      expect(new Set(ids).size).toBe(20);
      for (const id of ids) expect((await system.client.settled(id)).state).toBe('finished');

      await writeFile(photo, 'no picture');
      await expect(run(script, [system.registry, photo])).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('unsupported-image-type') as string,
      });
      await expect(run(script, [system.registry])).rejects.toMatchObject({ code: 2 });
    },
  );

  it.skipIf(missing.length > 0)('uploads under the key in MICRO_API_KEY, which no argument of curl shows', async () => {
    const key = 'alice-has-a-long-key';
    const system = await System.start({ env: { MICRO_API_KEYS: `alice:${key}` } });
    const photo = join(system.folder, 'photo.png');
    await writeFile(photo, await png());
    const upload = [join(root, 'bin/upload_batch.sh'), system.registry, photo];
    const withKey = { env: { ...process.env, MICRO_API_KEY: key } };
    await expect(run('bash', upload)).rejects.toMatchObject({
      stderr: expect.stringContaining('refused with 401') as string,
    });

    const { stdout, stderr } = await run('bash', ['-x', ...upload], withKey);

    expect(stdout).toMatch(/^1\/1 {2}task /m);
    const calls = stderr.split('\n').filter((line) => /^\++ curl /.test(line));
    expect(calls).toHaveLength(2);
    expect(calls.join()).not.toContain(key);
  });
});
