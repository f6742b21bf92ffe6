import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LaunchedSystem, type Starter } from './harness/launched-system.js';
import { repository } from './harness/manifests.js';
import { png } from './harness/photo.js';
import { RunningProcess } from './harness/running-process.js';
import { inTerminal, terminalObstacle } from './harness/terminal.js';

const everything = ['launcher', 'keyvaluestore', 'db', 'storage', 'master', 'ui', 'worker'];
const needsTerminal = terminalObstacle === null ? '' : ` (${terminalObstacle})`;

/** `npm start` without the build, which other tests start their services from meanwhile. */
const npmStart = 'npm start --ignore-scripts';
const byNpm: Starter = (env) =>
  new RunningProcess('npm start', 'npm', ['start', '--ignore-scripts'], env, { folder: repository });

async function processesPhoto({ client }: LaunchedSystem): Promise<void> {
  expect((await client.settled((await client.upload(await png())).id)).state).toBe('finished');
}

/** What is left of the data folder says whether the launcher itself has stopped everything in order. */
async function expectCleanStop(system: LaunchedSystem): Promise<void> {
  await system.ended();
  expect(await readdir(system.folder)).toEqual(expect.not.arrayContaining(['running.json']));
}

describe('A system that npm start brought up', () => {
  it('stops when npm alone is told to', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const system = await LaunchedSystem.startBy(byNpm);
      expect(system.running).toEqual(everything);

      process.kill(system.launcher.pid, signal);

      await expectCleanStop(system);
      await system.launcher.ended();
      expect(system.launcher.lines).toContain('Stopping …');
    }
  });

  it('stops without starting anything again when every process is told to at once', async () => {
    const system = await LaunchedSystem.start('--workers', '2');
    const up = system.launcher.lines.length;

    for (const name of system.running) process.kill(system.pidOf(name), 'SIGTERM');

    expect(await system.launcher.ended()).toBe(0);
    await expectCleanStop(system);
    expect(system.launcher.lines.slice(up).join('\n')).not.toMatch(/starts|ended/);
  });

  it('goes on when nobody reads its output any more, and is stopped as ever', async () => {
    const system = await LaunchedSystem.start();

    system.launcher.stopReading();

    await processesPhoto(system);
    expect(system.running).toEqual(everything);
    expect(await system.launcher.end('SIGINT')).toBe(0);
    await expectCleanStop(system);
  });

  it.skipIf(terminalObstacle)(`stops at Ctrl-C in its terminal${needsTerminal}`, async () => {
    const system = await LaunchedSystem.startBy((env) => inTerminal(npmStart, env, repository));

    system.launcher.type('\u0003');

    await system.launcher.ended();
    await expectCleanStop(system);
  });

  it.skipIf(terminalObstacle)(`stops when its terminal is closed${needsTerminal}`, async () => {
    const system = await LaunchedSystem.startBy((env) => inTerminal(npmStart, env, repository));

    await system.launcher.end('SIGKILL');

    await expectCleanStop(system);
  });

  it.skipIf(terminalObstacle)(
    `outlives its terminal when it was started with nohup, until npm stop${needsTerminal}`,
    async () => {
      const system = await LaunchedSystem.startBy((env) => {
        const log = join(env.MICRO_DATA!, 'log');
        return inTerminal(`touch ${log}; nohup ${npmStart} > ${log} 2>&1 & tail -f ${log}`, env, repository);
      });

      await system.launcher.end('SIGKILL');
      process.kill(system.pidOf('launcher'), 'SIGHUP');

      await processesPhoto(system);
      expect(system.running).toEqual(everything);
      expect(await system.script('stop').ended()).toBe(0);
      await expectCleanStop(system);
    },
  );
});

describe('When the launcher is killed', () => {
  it('its services notice, and end by themselves', async () => {
    const system = await LaunchedSystem.start('--workers', '2');

    await system.launcher.end('SIGKILL');

    await system.ended();
  });

  it('while its services still start, they end by themselves, too', async () => {
    const system = await LaunchedSystem.start('--workers', '0');
    await system.launcher.end('SIGTERM');
    const launcher = system.script('start');
    await launcher.line(/^ui +\| starts as process/);

    expect(system.running).toContain('ui');
    await launcher.end('SIGKILL');

    await system.ended();
  });

  it('the next npm start takes its place, with every task still there', async () => {
    const system = await LaunchedSystem.start('--workers', '0');
    const waiting = await system.client.upload(await png());
    await system.launcher.end('SIGKILL');
    await system.ended();

    await system.startAgain();

    expect((await system.client.settled(waiting.id)).state).toBe('finished');
  });
});
