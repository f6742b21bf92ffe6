import { Problem, type LeaseStore } from '#contracts';

const firstRetryMs = 100;

/** The reason of the abort when a lease is settled from elsewhere: cancelled, deleted, or reclaimed. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/**
 * Keeps one lease from expiring, whatever the image work does.
 *
 * Lifecycle: between `start` and `stop` it renews when a third of the lease has passed. While the store cannot be
 * reached it goes on trying, soon at first and then with growing pauses, up to a sixth of the lease; a late renewal that
 * nobody overtook is as good as any. It never judges by its own clock: only the store's answer that the token holds no
 * lease aborts the work.
 */
export class LeaseKeeper {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private stage: string | undefined;

  constructor(
    private readonly store: LeaseStore,
    private readonly id: string,
    private readonly token: string,
  ) {}

  /** Aborts, with a `LeaseLost`, when the lease is no more. */
  get lost(): AbortSignal {
    return this.controller.signal;
  }

  /** @param expiresInMs what is left of the lease */
  start(expiresInMs: number): void {
    if (this.stopped || this.timer) return;
    this.schedule(expiresInMs);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** What the worker is doing; told with the next renewal. */
  enter(stage: string): void {
    this.stage = stage;
  }

  /** @param retryMs how long to wait before the renewal; by default a third of the lease */
  private schedule(leaseMs: number, retryMs?: number): void {
    this.timer = setTimeout(() => void this.renew(leaseMs, retryMs), retryMs ?? leaseMs / 3);
  }

  private async renew(leaseMs: number, retriedAfterMs?: number): Promise<void> {
    try {
      const { expiresInMs } = await this.store.renew(this.id, this.token, this.stage);
      if (!this.stopped) this.schedule(expiresInMs);
    } catch (error) {
      if (this.stopped) return;
      if (Problem.is(error, 'lease-lost', 'task-not-found')) {
        this.controller.abort(new LeaseLost(error.detail));
      } else {
        this.schedule(leaseMs, retriedAfterMs === undefined ? firstRetryMs : Math.min(retriedAfterMs * 2, leaseMs / 6));
      }
    }
  }
}
