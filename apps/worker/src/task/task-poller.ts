import { hostname } from 'node:os';
import {
  longestWaitMs,
  newLeaseToken,
  Problem,
  requestContext,
  type Lease,
  type LeaseStore,
  type Task,
} from '#contracts';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { WorkerConfig } from '../config.js';
import type { LocalFault } from '../local-fault.js';
import { LEASE_STORE } from '../stores.js';
import { Draining, TaskRunner } from './task-runner.js';

/** Well below the longest wait, so that an answer never meets a timeout on its way. */
const waitMs = longestWaitMs - 5_000;
/** How long a stopping worker tries to learn what its last poll brought. */
const unheardMs = 3_000;

/** How long a worker that cannot work leaves the tasks to others, at most. In ticks, which are seconds. */
const longestPause = 30;

/**
 * Fills the worker's slots with tasks.
 *
 * One long poll is out whenever a slot is free; every second a tick sees to it that one is, which is also the pause
 * after an error. A shutdown ends the poll at once and gives back what it may have brought, lets the running tasks end
 * within the grace time, and has the rest released.
 *
 * A task that has lost a lease may be one that kills its workers. It is worked on alone: no further task is begun
 * beside it, and it waits, leased, for those that were begun before it. So it takes none with it a second time.
 *
 * A worker whose own disk is at fault fails faster than others work, and would get every task. It pauses, longer each
 * time, and then takes one task at a time, until one has gone well.
 */
@Injectable()
export class TaskPoller implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger('Worker');
  private readonly worker = `${hostname()}-${process.pid}`.slice(0, 100);
  private readonly running = new Map<Promise<unknown>, Task>();
  private readonly stopPolling = new AbortController();
  private readonly drain = new AbortController();
  private polling: Promise<void> | null = null;
  private trouble: string | null = null;
  private idle = false;
  /** Of this worker's own faults, in ticks; 0 while there are none. */
  private pause = 0;
  private pauseLeft = 0;
  /** Kept until it is answered: asked again with it, the store gives the lease whose answer was lost. */
  private token = newLeaseToken();

  constructor(
    @Inject(LEASE_STORE) private readonly leases: LeaseStore,
    private readonly runner: TaskRunner,
    private readonly config: WorkerConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.tick();
  }

  @Interval(1_000)
  tick(): void {
    if (this.pauseLeft > 0) this.pauseLeft--;
    if (this.polling) this.sayIdle();
    this.poll();
  }

  onModuleDestroy(): void {
    this.stopPolling.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const deadline = setTimeout(
      () => this.drain.abort(new Draining('The worker stops')),
      this.config.graceSeconds * 1000,
    );
    await this.polling;
    await Promise.all(this.running.keys());
    clearTimeout(deadline);
  }

  private get hasFreeSlot(): boolean {
    if (this.running.size >= this.config.slots || this.stopPolling.signal.aborted) return false;
    if (this.pauseLeft > 0 || (this.pause > 0 && this.running.size > 0)) return false;
    return ![...this.running.values()].some(wantsToBeAlone);
  }

  private poll(): void {
    this.polling ??= this.fillSlots().finally(() => (this.polling = null));
  }

  private async fillSlots(): Promise<void> {
    try {
      while (this.hasFreeSlot) {
        const asked = performance.now();
        const lease = await this.leases.next(
          { worker: this.worker, token: this.token, waitMs },
          this.stopPolling.signal,
        );
        this.trouble = null;
        if (lease) this.begin(lease);
        // A master that stops does not wait; the next tick asks again.
        else if (performance.now() - asked < waitMs / 2) return;
      }
    } catch (error) {
      if (this.stopPolling.signal.aborted) await this.giveBackUnheard();
      else this.handle(error);
    }
  }

  /** The answer that the stopping worker did not wait for may have been a lease: nobody else would know of it. */
  private async giveBackUnheard(): Promise<void> {
    try {
      const lease = await this.leases.next(
        { worker: this.worker, token: this.token, waitMs: 0 },
        AbortSignal.timeout(unheardMs),
      );
      if (lease) await this.runner.release(lease.task, this.token);
    } catch (error) {
      this.logger.warn(`A lease that came while the worker stopped would have to expire: ${(error as Error).message}`);
    }
  }

  private begin(lease: Lease): void {
    const { token } = this;
    this.token = newLeaseToken();
    this.idle = false;
    const before = wantsToBeAlone(lease.task) ? [...this.running.keys()] : [];
    const run = requestContext.run({ requestId: lease.task.id }, () =>
      this.runner.run(lease, token, this.drain.signal, Promise.all(before)),
    );
    this.running.set(run, lease.task);
    void run.then((fault) => {
      this.running.delete(run);
      if (fault) this.pauseFor(fault);
      else this.pause = this.pauseLeft = 0;
      this.poll();
    });
  }

  /** Tasks that were begun before the pause, and meet the same fault, do not make it longer. */
  private pauseFor({ message }: LocalFault): void {
    if (this.pauseLeft > 0) return;
    this.pause = Math.min(Math.max(1, this.pause * 2), longestPause);
    this.pauseLeft = this.pause;
    this.logger.error(`This worker cannot work, and takes no task for ${this.pause} s: ${message}`);
  }

  private handle(error: unknown): void {
    if (Problem.is(error, 'lease-lost')) {
      this.token = newLeaseToken();
      return;
    }
    const { message } = error as Error;
    if (message !== this.trouble) this.logger.warn(`Waiting for tasks: ${message}`);
    this.trouble = message;
  }

  /** Says once that a poll is out and nothing comes. */
  private sayIdle(): void {
    if (this.idle || this.running.size > 0) return;
    this.idle = true;
    this.logger.log('Nothing to do at the moment');
  }
}

function wantsToBeAlone({ lostLeases }: Task): boolean {
  return lostLeases > 0;
}
