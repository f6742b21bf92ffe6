import { afterEach, describe, expect, it, vi } from 'vitest';
import { LeaseDesk, runningTask } from '../../test/lease-desk.js';
import { Runs, settled } from '../../test/runs.js';
import { WorkPlace } from '../../test/work-place.js';
import { LocalFault } from '../local-fault.js';
import { TaskPoller } from './task-poller.js';
import type { TaskRunner } from './task-runner.js';

const fault = new LocalFault('the disk is full');

describe('TaskPoller, when the worker itself is at fault', () => {
  let runs: Runs;
  let place: WorkPlace;
  let poller: TaskPoller;

  afterEach(async () => {
    poller.onModuleDestroy();
    for (const { end } of runs.begun) end();
    await poller.beforeApplicationShutdown();
    vi.restoreAllMocks();
  });

  /** A worker that has begun as many of many tasks as it has slots. */
  async function start(slots: number): Promise<void> {
    const desk = new LeaseDesk();
    desk.offer(...Array.from({ length: 20 }, () => runningTask()));
    runs = new Runs();
    place = new WorkPlace({ slots });
    poller = new TaskPoller(desk, runs as unknown as TaskRunner, place.config);
    poller.onApplicationBootstrap();
    await settled();
    expect(runs.begun).toHaveLength(slots);
  }

  const pauses = (): string[] => place.log.filter((line) => line.startsWith('This worker cannot work'));

  /** Ticks until a task is begun. @returns how often */
  async function ticksUntilBegun(count: number): Promise<number> {
    for (let ticks = 1; ticks <= 60; ticks++) {
      poller.tick();
      await settled();
      if (runs.begun.length === count) return ticks;
    }
    throw new Error('no task was begun');
  }

  it('takes no task for 1 s, then 2, 4, 8, 16 and at most 30 s, and says why once a pause', async () => {
    await start(1);
    const waited: number[] = [];
    for (let number = 1; number <= 7; number++) {
      runs.begun.at(-1)!.end(fault);
      await settled();
      waited.push(await ticksUntilBegun(number + 1));
    }

    expect(waited).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect(pauses()).toHaveLength(7);
    expect(pauses()[1]).toBe('This worker cannot work, and takes no task for 2 s: the disk is full');
  });

  it('pauses once for all tasks that meet the same fault', async () => {
    await start(4);
    for (const { end } of runs.begun) end(fault);
    await settled();

    expect(pauses()).toHaveLength(1);
    expect(runs.begun).toHaveLength(4);
  });

  it('takes one task at a time until one has gone well, and then fills its slots again', async () => {
    await start(3);
    for (const { end } of runs.begun) end(fault);
    await settled();
    await ticksUntilBegun(4);
    poller.tick();
    await settled();
    expect(runs.begun).toHaveLength(4);

    runs.begun[3]!.end();
    await settled();

    expect(runs.begun).toHaveLength(7);
    runs.begun[4]!.end(fault);
    await settled();
    expect(pauses()[1]).toContain('for 1 s');
  });
});
