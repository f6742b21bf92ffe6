import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../test/fake-clock.js';
import { TempFileSweeper } from './temp-file-sweeper.js';

const hourMs = 3_600_000;

describe('TempFileSweeper', () => {
  let folder: string;
  let clock: FakeClock;
  let sweeper: TempFileSweeper;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sweeper-'));
    clock = new FakeClock();
    sweeper = new TempFileSweeper(folder, clock, 24 * hourMs);
    await writeFile(join(folder, 'young'), '');
    await writeFile(join(folder, 'old'), '');
    const before = new Date(Date.now() - 10 * hourMs);
    await utimes(join(folder, 'old'), before, before);
  });

  afterEach(async () => {
    sweeper.stop();
    vi.useRealTimers();
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  it('removes a file once it is 24 hours old', async () => {
    expect(await sweeper.sweep()).toBe(0);
    clock.ahead = 15 * hourMs;
    expect(await sweeper.sweep()).toBe(1);
    expect(await readdir(folder)).toEqual(['young']);
  });

  it('sweeps at its start and every hour, until it is stopped; both twice do no harm', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const sweep = vi.spyOn(sweeper, 'sweep');
    sweeper.start();
    sweeper.start();
    expect(sweep).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2 * hourMs);
    expect(sweep).toHaveBeenCalledTimes(3);
    sweeper.stop();
    sweeper.stop();
    vi.advanceTimersByTime(2 * hourMs);
    expect(sweep).toHaveBeenCalledTimes(3);
    await Promise.all(sweep.mock.results.map(({ value }) => value as Promise<number>));
    expect((await readdir(folder)).sort()).toEqual(['old', 'young']);
  });

  it('logs that it cannot read its folder, and lives on', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const lost = new TempFileSweeper(join(folder, 'lost'), clock, hourMs);
    lost.start();
    await vi.waitFor(() => expect(log).toHaveBeenCalledOnce());
    lost.stop();
  });
});
