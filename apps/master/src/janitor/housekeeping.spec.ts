import { Problem } from '#contracts';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { MemoryTaskStore } from '../../test/memory-task-store.js';
import { testConfig } from '../../test/running-master.js';
import type { MasterConfig } from '../config.js';
import { TaskFiles } from '../task/task-files.js';
import { Housekeeping } from './housekeeping.js';
import { Janitor } from './janitor.js';
import { Pairing } from './pairing.js';
import { Retention } from './retention.js';

const away = new Problem('service-unavailable', 'db cannot be reached');

describe('Housekeeping', () => {
  const errors = vi.fn<() => void>();
  let tasks: MemoryTaskStore;
  let files: MemoryFileStore;
  let janitorRound: MockInstance<Janitor['clean']>;
  let retentionRound: MockInstance<Retention['clean']>;
  let housekeeping: Housekeeping;

  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger({ log: () => {}, warn: () => {}, error: errors });
    tasks = new MemoryTaskStore();
    files = new MemoryFileStore();
    open({ janitorSeconds: 3600 });
  });

  afterEach(() => {
    housekeeping.onApplicationShutdown();
    vi.useRealTimers();
    vi.restoreAllMocks();
    errors.mockClear();
  });

  function open(chosen: Partial<MasterConfig>): void {
    const config = testConfig(chosen);
    const janitor = new Janitor(tasks, files, new Pairing(tasks, files), config);
    const retention = new Retention(tasks, new TaskFiles(tasks, files), config);
    janitorRound = vi.spyOn(janitor, 'clean');
    retentionRound = vi.spyOn(retention, 'clean');
    housekeeping = new Housekeeping(janitor, retention, config);
  }

  /** Lets seconds pass. @returns how many rounds janitor and retention have made so far */
  async function roundsAfter(seconds: number): Promise<{ janitor: number; retention: number }> {
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return { janitor: janitorRound.mock.calls.length, retention: retentionRound.mock.calls.length };
  }

  it('pairs db and storage at the start', async () => {
    housekeeping.onApplicationBootstrap();

    await vi.waitFor(async () => expect(await files.owner()).toBe(await tasks.storeId()));
  });

  it('makes a round in every interval', async () => {
    housekeeping.onApplicationBootstrap();

    expect(await roundsAfter(0)).toMatchObject({ janitor: 1 });
    expect(await roundsAfter(3599)).toMatchObject({ janitor: 1 });
    expect(await roundsAfter(1)).toMatchObject({ janitor: 2 });
    expect(await roundsAfter(3600)).toMatchObject({ janitor: 3 });
  });

  it('tries again every five seconds until db and storage are there, and says nothing of it', async () => {
    const [storeId, claim] = [vi.spyOn(tasks, 'storeId'), vi.spyOn(files, 'claim')];
    storeId.mockRejectedValueOnce(away).mockRejectedValueOnce(away);
    claim.mockRejectedValueOnce(away);
    housekeeping.onApplicationBootstrap();

    expect(await roundsAfter(14)).toMatchObject({ janitor: 3 });
    expect(await files.owner()).toBeNull();
    expect(await roundsAfter(1)).toMatchObject({ janitor: 4 });
    expect(await files.owner()).toBe('a task store');
    expect(await roundsAfter(3599)).toMatchObject({ janitor: 4 });
    expect(errors).not.toHaveBeenCalled();
  });

  it('says that db and storage do not belong together, and looks again in the next interval', async () => {
    await files.claim('another task store');
    housekeeping.onApplicationBootstrap();

    expect(await roundsAfter(3599)).toMatchObject({ janitor: 1 });
    expect(errors).toHaveBeenCalledTimes(1);
    expect(await roundsAfter(1)).toMatchObject({ janitor: 2 });
  });

  it('does not begin a round before the last one has ended', async () => {
    const round = Promise.withResolvers<number>();
    janitorRound.mockReturnValueOnce(round.promise);
    housekeeping.onApplicationBootstrap();
    expect(await roundsAfter(10_000)).toMatchObject({ janitor: 1 });

    round.resolve(0);

    expect(await roundsAfter(3600)).toMatchObject({ janitor: 2 });
  });

  it.each([
    ['never when no time is set', undefined, 7200, 0],
    ['so often that no task stays a tenth of its time longer', '10m', 600, 11],
    ['at most every second', '1s', 10, 11],
    ['at least as often as the janitor', '999d', 3600, 2],
  ])('has retention work %s', async (_, time, seconds, rounds) => {
    open({ janitorSeconds: 3600, retention: time });
    housekeeping.onApplicationBootstrap();

    expect(await roundsAfter(seconds)).toMatchObject({ retention: rounds });
  });

  describe('when the application stops', () => {
    it('makes no round any more, also when stopped twice', async () => {
      open({ janitorSeconds: 3600, retention: '10m' });
      housekeeping.onApplicationBootstrap();
      await roundsAfter(0);

      housekeeping.onApplicationShutdown();
      housekeeping.onApplicationShutdown();

      expect(vi.getTimerCount()).toBe(0);
      expect(await roundsAfter(10_000)).toEqual({ janitor: 1, retention: 1 });
    });

    it.each<[string, (round: PromiseWithResolvers<number>) => void]>([
      ['ends', ({ resolve }) => resolve(0)],
      ['fails', ({ reject }) => reject(away)],
    ])('begins no other when the round at work %s', async (_, end) => {
      const round = Promise.withResolvers<number>();
      janitorRound.mockReturnValueOnce(round.promise);
      housekeeping.onApplicationBootstrap();
      housekeeping.onApplicationShutdown();

      end(round);

      expect(await roundsAfter(10_000)).toMatchObject({ janitor: 1 });
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
