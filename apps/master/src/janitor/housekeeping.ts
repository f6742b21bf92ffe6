import { Problem } from '#contracts';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MasterConfig } from '../config.js';
import { Janitor } from './janitor.js';
import { Retention } from './retention.js';

const retryMs = 5_000;
/** Tasks are deleted late by at most this part of their time. */
const retentionPrecision = 1 / 10;

/**
 * When janitor and retention work: at the start, as soon as db and storage are there (which pairs the two), and then in
 * intervals, until the application stops.
 */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Housekeeping.name);
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(
    private readonly janitor: Janitor,
    private readonly retention: Retention,
    private readonly config: MasterConfig,
  ) {}

  onApplicationBootstrap(): void {
    const { janitorSeconds, retentionSeconds } = this.config;
    void this.repeat(() => this.janitor.clean(), janitorSeconds);
    if (retentionSeconds === null) return;
    const seconds = Math.min(janitorSeconds, Math.max(1, retentionSeconds * retentionPrecision));
    void this.repeat(() => this.retention.clean(), seconds);
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private async repeat(work: () => Promise<unknown>, everySeconds: number): Promise<void> {
    const done = await work().then(
      () => true,
      (error: Error) => {
        const away = Problem.is(error, 'service-unavailable');
        if (!away) this.logger.error(error);
        return !away;
      },
    );
    if (this.stopped) return;
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        void this.repeat(work, everySeconds);
      },
      done ? everySeconds * 1000 : retryMs,
    );
    this.timers.add(timer);
  }
}
