import { longestWaitMs, type Lease, type LeaseRequest, type Task } from '#contracts';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { LeaseDesk, runningTask, unavailable } from '../../test/lease-desk.js';
import { Runs, settled } from '../../test/runs.js';
import { WorkPlace } from '../../test/work-place.js';
import { WorkerConfig } from '../config.js';
import { LEASE_STORE } from '../stores.js';
import { TaskPoller } from './task-poller.js';
import { Draining, TaskRunner } from './task-runner.js';

describe('TaskPoller', () => {
  let desk: LeaseDesk;
  let runs: Runs;
  let place: WorkPlace;
  let poller: TaskPoller;
  let next: MockInstance<LeaseDesk['next']>;

  beforeEach(() => open());

  afterEach(async () => {
    poller.onModuleDestroy();
    for (const { end } of runs.begun) end();
    await poller.beforeApplicationShutdown();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  function open(chosen: Partial<WorkerConfig> = {}): void {
    desk = new LeaseDesk();
    runs = new Runs();
    place = new WorkPlace(chosen);
    next = vi.spyOn(desk, 'next');
    poller = new TaskPoller(desk, runs as unknown as TaskRunner, place.config);
  }

  function offer(count = 1): Task[] {
    const tasks = Array.from({ length: count }, () => runningTask());
    desk.offer(...tasks);
    return tasks;
  }

  /** What was asked so far, in order. */
  function asked(): LeaseRequest[] {
    return next.mock.calls.map(([request]) => request);
  }

  /** How often the worker has said that there is nothing to do. */
  const idle = (): number => place.log.filter((line) => line === 'Nothing to do at the moment').length;

  it('asks for a task as soon as the worker has started, and waits for it', async () => {
    poller.onApplicationBootstrap();
    await settled();
    expect(asked()).toHaveLength(1);
    expect(asked()[0]!.waitMs).toBeGreaterThan(0);
    expect(asked()[0]!.waitMs).toBeLessThan(longestWaitMs);

    const [task] = offer();

    await vi.waitFor(() => expect(runs.ids).toEqual([task!.id]));
    expect(runs.begun[0]!.token).toBe(asked()[0]!.token);
    expect(runs.begun[0]!.requestId).toBe(task!.id);
  });

  it('fills its slots, and then asks for no more', async () => {
    offer(5);
    poller.onApplicationBootstrap();
    await settled();
    poller.tick();
    await settled();

    expect(runs.begun).toHaveLength(2);
    expect(asked()).toHaveLength(2);
    expect(new Set(asked().map(({ token }) => token)).size).toBe(2);
  });

  it('asks again at the next tick, and not at once, when a master that stops did not wait', async () => {
    next.mockResolvedValue(null);
    poller.onApplicationBootstrap();
    await settled();
    expect(asked()).toHaveLength(1);

    poller.tick();
    await settled();

    expect(asked()).toHaveLength(2);
  });

  it('asks for the next task when a slot is free again', async () => {
    const tasks = offer(3);
    poller.onApplicationBootstrap();
    await settled();

    runs.begun[0]!.end();

    await vi.waitFor(() => expect(runs.ids).toEqual(tasks.map(({ id }) => id)));
    expect(asked()).toHaveLength(3);
  });

  it('works alone on a task that has lost a lease: it may be one that kills its workers', async () => {
    open({ slots: 8 });
    const [first, second] = offer(2);
    const suspect = runningTask({ lostLeases: 1 });
    desk.offer(suspect);
    const [last] = offer();
    poller.onApplicationBootstrap();
    await settled();
    poller.tick();
    await settled();
    // It waits for those before it, and nothing is begun beside it.
    expect(runs.ids).toEqual([first!.id, second!.id, suspect.id]);
    expect(runs.atWork).toEqual([first!.id, second!.id]);

    runs.begun[0]!.end();
    await settled();
    expect(runs.atWork).toHaveLength(2);
    runs.begun[1]!.end();
    await vi.waitFor(() => expect(runs.atWork.at(-1)).toBe(suspect.id));
    poller.tick();
    await settled();
    expect(runs.begun).toHaveLength(3);

    runs.begun[2]!.end();
    await vi.waitFor(() => expect(runs.atWork.at(-1)).toBe(last!.id));
  });

  it('has one poll out at a time, however many ticks and free slots there are', async () => {
    poller.onApplicationBootstrap();
    for (let number = 0; number < 5; number++) poller.tick();
    await settled();

    expect(asked()).toHaveLength(1);
    offer();
    await vi.waitFor(() => expect(asked()).toHaveLength(2));
    runs.begun[0]!.end();
    await settled();
    expect(asked()).toHaveLength(2);
  });

  it('asks on when no task came within the wait, under the same token', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    next.mockImplementationOnce(async ({ waitMs }) => {
      now.mockReturnValue(waitMs);
      return null;
    });

    poller.onApplicationBootstrap();
    await settled();

    expect(asked()).toHaveLength(2);
    expect(asked()[1]!.token).toBe(asked()[0]!.token);
  });

  it('asks under the same token again after a lost answer, and so gets the lease that it was given', async () => {
    const [task] = offer();
    next.mockImplementationOnce(async (request, signal) => {
      await LeaseDesk.prototype.next.call(desk, request, signal);
      throw unavailable();
    });
    poller.onApplicationBootstrap();
    await settled();
    expect(runs.begun).toEqual([]);

    poller.tick();

    await vi.waitFor(() => expect(runs.ids).toEqual([task!.id]));
    expect(asked()[1]!.token).toBe(asked()[0]!.token);
  });

  it('asks under a new token when the lease of the lost answer is over', async () => {
    const [lost] = offer();
    next.mockImplementationOnce(async (request, signal) => {
      await LeaseDesk.prototype.next.call(desk, request, signal);
      desk.takeAway(lost!.id);
      throw unavailable();
    });
    poller.onApplicationBootstrap();
    await settled();
    poller.tick();
    await settled();
    const [task] = offer();

    poller.tick();

    await vi.waitFor(() => expect(runs.ids).toEqual([task!.id]));
    const [first, second, third] = asked().map(({ token }) => token);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('pauses after an error until the next tick, and says each error once', async () => {
    desk.away = true;
    poller.onApplicationBootstrap();
    await settled();
    expect(asked()).toHaveLength(1);
    for (let number = 0; number < 3; number++) {
      poller.tick();
      await settled();
    }
    expect(asked()).toHaveLength(4);
    expect(place.log.filter((line) => line.startsWith('Waiting for tasks'))).toHaveLength(1);

    desk.away = false;
    offer();
    poller.tick();

    await vi.waitFor(() => expect(runs.begun).toHaveLength(1));
  });

  it('is ticked every second while the worker runs', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    desk.away = true;
    const module = await Test.createTestingModule({
      imports: [ScheduleModule.forRoot()],
      providers: [
        TaskPoller,
        { provide: LEASE_STORE, useValue: desk },
        { provide: TaskRunner, useValue: runs },
        { provide: WorkerConfig, useValue: place.config },
      ],
    }).compile();
    await module.init();
    for (let number = 0; number < 3; number++) {
      await settled();
      vi.advanceTimersByTime(1_000);
    }
    await module.close();

    expect(asked()).toHaveLength(4);
  });

  it('says once that there is nothing to do, and again after a task', async () => {
    poller.onApplicationBootstrap();
    for (let number = 0; number < 3; number++) poller.tick();
    expect(idle()).toBe(1);

    offer();
    await vi.waitFor(() => expect(runs.begun).toHaveLength(1));
    poller.tick();
    expect(idle()).toBe(1);
    runs.begun[0]!.end();
    await settled();
    poller.tick();

    expect(idle()).toBe(2);
  });

  describe('when the worker stops', () => {
    it('gives up its poll at once, asks without waiting what it brought, and then no more', async () => {
      poller.onApplicationBootstrap();
      await settled();
      const [, signal] = next.mock.calls[0]!;

      poller.onModuleDestroy();

      expect(signal!.aborted).toBe(true);
      await poller.beforeApplicationShutdown();
      poller.tick();
      await settled();
      expect(asked().map(({ waitMs }) => waitMs)).toEqual([expect.any(Number), 0]);
      expect(asked()[1]!.token).toBe(asked()[0]!.token);
      expect(runs.released).toEqual([]);
      expect(place.log.filter((line) => line.startsWith('Waiting'))).toEqual([]);
    });

    it('gives back the lease that came while it hung up', async () => {
      const { lease } = desk.lease(runningTask());
      next.mockImplementationOnce((_request, signal) => {
        return new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
      });
      next.mockImplementationOnce(async () => lease);
      poller.onApplicationBootstrap();
      await settled();

      poller.onModuleDestroy();
      await poller.beforeApplicationShutdown();

      expect(runs.released).toEqual([{ task: lease.task, token: asked()[0]!.token }]);
      expect(runs.begun).toEqual([]);
    });

    it('stops even when nobody says what its poll brought', async () => {
      poller.onApplicationBootstrap();
      await settled();
      desk.away = true;

      poller.onModuleDestroy();

      await poller.beforeApplicationShutdown();
      expect(place.log).toContainEqual(expect.stringContaining('would have to expire'));
    });

    it('lets the running tasks end, and begins no other when a slot is free', async () => {
      offer(3);
      poller.onApplicationBootstrap();
      await settled();
      poller.onModuleDestroy();
      const stopped = vi.fn<() => void>();
      const stopping = poller.beforeApplicationShutdown().then(stopped);
      runs.begun[0]!.end();
      await settled();
      expect(stopped).not.toHaveBeenCalled();

      runs.begun[1]!.end();

      await stopping;
      expect(runs.begun).toHaveLength(2);
      expect(runs.begun.every(({ drain }) => !drain.aborted)).toBe(true);
    });

    it('has the tasks released that do not end within the grace time', async () => {
      open({ graceSeconds: 20 });
      offer();
      poller.onApplicationBootstrap();
      await settled();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      poller.onModuleDestroy();
      const stopping = poller.beforeApplicationShutdown();
      const { drain, end } = runs.begun[0]!;
      await vi.advanceTimersByTimeAsync(19_999);
      expect(drain.aborted).toBe(false);

      await vi.advanceTimersByTimeAsync(1);

      expect(drain.reason).toBeInstanceOf(Draining);
      end();
      await stopping;
      expect(vi.getTimerCount()).toBe(0);
    });

    it('leaves no timer behind when all tasks have ended in time', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      poller.onModuleDestroy();
      await poller.beforeApplicationShutdown();

      expect(vi.getTimerCount()).toBe(0);
    });

    it('still begins, and so gives back in time, a task whose lease had come just before', async () => {
      const answer = Promise.withResolvers<Lease | null>();
      next.mockReturnValueOnce(answer.promise);
      poller.onApplicationBootstrap();
      const { lease } = desk.lease(runningTask());
      answer.resolve(lease);
      poller.onModuleDestroy();

      await settled();

      expect(runs.ids).toEqual([lease.task.id]);
      expect(asked()).toHaveLength(1);
    });
  });
});
