import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LaunchedSystem } from './harness/launched-system.js';
import { png } from './harness/photo.js';
import { RunningProcess } from './harness/running-process.js';

describe('npm start', () => {
  it('brings everything up, says where, processes a photo, and stops cleanly on Ctrl-C', async () => {
    const system = await LaunchedSystem.start();
    const shown = system.launcher.lines.join('\n');
    expect(shown).toContain(`http://localhost:${system.ports.ui}`);
    expect(shown).toContain(`curl -F image=@photo.png http://localhost:${system.ports.master}/task`);
    expect((await fetch(`http://127.0.0.1:${system.ports.ui}/`)).status).toBe(200);

    const task = await system.client.upload(await png());
    expect((await system.client.settled(task.id)).state).toBe('finished');
    await system.launcher.line(/^worker +\| .*is done/);

    expect(await system.launcher.end('SIGINT')).toBe(0);
    expect(system.launcher.lines.join('\n')).not.toMatch(/ERROR|ended \(/);
    expect(await readdir(system.folder)).toEqual(['db', 'storage']);
  });

  it('starts again on the same data with every task still there', async () => {
    const system = await LaunchedSystem.start('--workers', '0');
    const waiting = await system.client.upload(await png());
    await system.launcher.end('SIGINT');
    await system.startAgain('--workers', '2');
    await system.launcher.line(/with 2 workers/);
    expect((await system.client.settled(waiting.id)).state).toBe('finished');
  });

  it('starts a service again that dies, and says so', async () => {
    const system = await LaunchedSystem.start();
    const before = system.launcher.lines.length;
    const [, pid] = await system.launcher.line(/^db +\| starts as process (\d+)/);
    process.kill(Number(pid), 'SIGKILL');
    await system.launcher.line(/^db +\| ended \(SIGKILL\); starts again in/, before);
    await system.launcher.line(/^db +\| .*Database is listening/, before);
    const task = await system.client.upload(await png());
    expect((await system.client.settled(task.id)).state).toBe('finished');
  });

  it('lets a worker in another terminal join, which finds registry and token by itself', async () => {
    const system = await LaunchedSystem.start('--workers', '0');
    expect((await stat(join(system.folder, 'running.json'))).mode & 0o777).toBe(0o600);
    const worker = system.joinWorker();
    const task = await system.client.upload(await png());
    expect((await system.client.settled(task.id)).state).toBe('finished');
    await worker.line(/is done/);
  });

  it('refuses a folder or a port in use, a wrong argument and a wrong variable with one line', async () => {
    const system = await LaunchedSystem.start('--workers', '0');
    const refusal = async (args: string[], env: NodeJS.ProcessEnv): Promise<string> => {
      const main = new URL('../dist/bin/start.js', import.meta.url).pathname;
      const launcher = new RunningProcess('start', 'node', [main, ...args], { ...system.env, ...env });
      onTestFinished(() => launcher.end().then(() => undefined));
      expect(await launcher.ended()).toBe(1);
      expect(launcher.lines).toHaveLength(1);
      return launcher.lines[0]!;
    };
    expect(await refusal([], {})).toMatch(/A system runs on .* already.*MICRO_DATA/);
    const taken = {
      MICRO_DATA: join(system.folder, 'other'),
      MICRO_KEYVALUESTORE_PORT: String(system.ports.keyvaluestore),
    };
    expect(await refusal([], taken)).toMatch(/Port \d+, for keyvaluestore.*MICRO_KEYVALUESTORE_PORT/);
    expect(await refusal(['--workers', 'many'], {})).toContain('--workers must be a whole number');
    expect(await refusal(['--worker', '3'], {})).toContain('--workers N');
    expect(await refusal([], { MICRO_DB_PORT: 'x' })).toContain('MICRO_DB_PORT must be a port');
  });
});

describe('npm run worker', () => {
  it('says what is missing when no system runs', async () => {
    const main = new URL('../dist/bin/worker.js', import.meta.url).pathname;
    const worker = new RunningProcess('worker', 'node', [main], { MICRO_DATA: '/nonexistent' });
    onTestFinished(() => worker.end().then(() => undefined));
    expect(await worker.ended()).toBe(1);
    expect(worker.lines).toEqual([expect.stringMatching(/No system runs on \/nonexistent.*npm start/)]);
  });
});
