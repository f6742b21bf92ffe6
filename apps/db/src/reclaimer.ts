import { setImmediate } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DbConfig } from './config.js';
import { SqliteTaskStore } from './sqlite/sqlite-task-store.js';

const purgeMs = 3_600_000;

/**
 * db's own slow timers. Workers call reclaim too, and sooner; this one brings a dead worker's task back when no worker
 * is left. Once an hour it forgets what is past its time.
 */
@Injectable()
export class Reclaimer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Reclaimer.name);
  private timers: NodeJS.Timeout[] = [];
  private stopped = false;

  constructor(
    private readonly store: SqliteTaskStore,
    private readonly config: DbConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.timers = [
      setInterval(() => void this.attempt(() => this.reclaim()), this.config.reclaimSeconds * 1000),
      setInterval(() => void this.attempt(() => this.purge()), purgeMs),
    ];
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
  }

  /** A timer that throws would end the process; a disk that is full now may have room the next time. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error(error);
    }
  }

  private async reclaim(): Promise<void> {
    const { reclaimed } = await this.store.reclaim();
    if (reclaimed > 0) this.logger.warn(`Reclaimed ${reclaimed} expired ${reclaimed === 1 ? 'lease' : 'leases'}`);
  }

  /** Other calls come in between. */
  private async purge(): Promise<void> {
    while (!this.stopped && this.store.purge()) await setImmediate();
  }
}
