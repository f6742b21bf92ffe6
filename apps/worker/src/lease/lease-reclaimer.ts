import type { LeaseStore } from '#contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { LEASE_STORE } from '../stores.js';

/** Takes back the leases of workers that died: every worker looks after all of them. */
@Injectable()
export class LeaseReclaimer {
  private readonly logger = new Logger('Worker');

  constructor(@Inject(LEASE_STORE) private readonly leases: LeaseStore) {}

  @Interval(5_000)
  async tick(): Promise<void> {
    try {
      const { reclaimed } = await this.leases.reclaim();
      if (reclaimed > 0) this.logger.log(`Reclaimed ${reclaimed} expired ${reclaimed === 1 ? 'lease' : 'leases'}`);
    } catch (error) {
      this.logger.debug(`Cannot reclaim now: ${(error as Error).message}`);
    }
  }
}
