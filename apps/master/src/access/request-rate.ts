import type { ThrottlerStorage } from '@nestjs/throttler';

const sweepMs = 60_000;

type RequestRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Counts the requests of every client that were let through within the last `ttl`. By the monotonic clock: by that on
 * the wall, one that is set back by an hour would shut busy clients out for the hour.
 */
export class RequestRate implements ThrottlerStorage {
  private readonly timesOf = new Map<string, number[]>();
  private nextSweepAt = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The number of clients that it remembers. */
  get size(): number {
    return this.timesOf.size;
  }

  increment(key: string, ttl: number, limit: number): Promise<RequestRecord> {
    const now = this.now();
    if (now >= this.nextSweepAt) this.sweep(now, ttl);
    const times = this.timesOf.get(key) ?? [];
    while (times.length > 0 && times[0]! <= now - ttl) times.shift();
    const isBlocked = times.length >= limit;
    if (!isBlocked) {
      times.push(now);
      this.timesOf.set(key, times);
    }
    const timeToExpire = Math.ceil(((times[0] ?? now) + ttl - now) / 1000);
    return Promise.resolve({
      totalHits: times.length + (isBlocked ? 1 : 0),
      timeToExpire,
      isBlocked,
      timeToBlockExpire: isBlocked ? timeToExpire : 0,
    });
  }

  /** Forgets the clients that are gone. */
  private sweep(now: number, ttl: number): void {
    this.nextSweepAt = now + sweepMs;
    for (const [key, times] of this.timesOf) if (times.at(-1)! <= now - ttl) this.timesOf.delete(key);
  }
}
