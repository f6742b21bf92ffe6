const tickMs = 250;
/** A shorter pause is none: timers are late, and disks are slow. */
const noticedMs = 1_000;

/**
 * How long this process stood still, and heard nobody: frozen, or on a machine that stalled.
 *
 * By the monotonic clock, so a clock that is set is no standstill, and neither is a machine that slept.
 */
export class Standstill {
  private seenAt: number;
  private lostMs = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.seenAt = now();
    this.timer = setInterval(() => this.look(), tickMs).unref();
  }

  /** Since the last `madeUp`, in milliseconds. The timer may be late itself, so this looks, too. */
  get ms(): number {
    this.look();
    return this.lostMs;
  }

  /** Counts from zero again. */
  madeUp(): void {
    this.lostMs = 0;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = this.now();
    if (now - this.seenAt > noticedMs) this.lostMs += now - this.seenAt;
    this.seenAt = now;
  }
}
