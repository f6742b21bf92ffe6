import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LaunchedSystem, npmScript } from './harness/launched-system.js';

describe('npm stop', () => {
  it('stops the system in its order, says so, and leaves the data ready for the next start', async () => {
    const system = await LaunchedSystem.start();
    const stop = system.script('stop');

    expect(await stop.ended()).toBe(0);

    expect(system.running).toEqual([]);
    expect(stop.lines).toEqual([
      `Stopping the system on ${system.folder} (process ${system.launcher.pid}) …`,
      expect.stringMatching(/^Stopped: keyvaluestore \(process \d+\), .*worker \(process \d+\)\.$/),
    ]);
    expect(await system.launcher.ended()).toBe(0);
    expect(system.launcher.lines.join('\n')).not.toMatch(/ended \(/);
    await system.startAgain();
  });

  it('says that nothing runs, and is content, with whatever folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const MICRO_DATA of [folder, join(folder, 'none'), '/dev/null']) {
      const stop = npmScript('stop', { MICRO_DATA });
      expect(await stop.ended()).toBe(0);
      expect(stop.lines).toEqual([`No system runs on ${MICRO_DATA}.`]);
    }
  });

  it('ends what a killed launcher left behind, even a service that hears nothing, of which npm start tells', async () => {
    const system = await LaunchedSystem.start();
    const pid = system.pidOf('db');
    process.kill(pid, 'SIGSTOP');
    await system.launcher.end('SIGKILL');
    const start = system.script('start');
    expect(await start.ended()).toBe(1);
    expect(start.lines).toEqual([expect.stringContaining(`db (process ${pid})`)]);
    expect(start.lines[0]).toMatch(/has lost its launcher.*npm stop/);

    const stop = system.script('stop');
    await stop.line(/has lost its launcher/);
    process.kill(pid, 'SIGCONT');

    expect(await stop.ended()).toBe(0);
    expect(stop.lines.at(-1)).toContain(`db (process ${pid})`);
    expect(system.running).toEqual([]);
    await system.startAgain();
  });

  it('kills what does not end within its grace time', async () => {
    const system = await LaunchedSystem.startBy((env, args) =>
      npmScript('start', { ...env, MICRO_GRACE_SECONDS: '0' }, args),
    );
    const pid = system.pidOf('db');
    process.kill(pid, 'SIGSTOP');
    await system.launcher.end('SIGKILL');

    const stop = system.script('stop');

    expect(await stop.ended()).toBe(0);
    expect(stop.lines).toContain(`db (process ${pid}) does not end by itself and is killed.`);
    expect(system.running).toEqual([]);
  });
});

describe('npm start where a system runs already', () => {
  it('says how to stop it', async () => {
    const system = await LaunchedSystem.start('--workers', '0');
    const second = system.script('start');

    expect(await second.ended()).toBe(1);

    expect(second.lines).toEqual([
      expect.stringMatching(/^A system runs on .* already \(process \d+, .*"npm stop", or with Ctrl-C/),
    ]);
    expect(system.running).toContain('launcher');
  });
});
