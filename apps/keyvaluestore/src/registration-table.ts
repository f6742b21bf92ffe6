/** A live registration. */
export interface LiveRegistration {
  /** `host:port` */
  value: string;
  /** What is left of its time to live, in milliseconds. */
  expiresInMs: number;
}

/**
 * Endpoints with a time to live, in memory alone: services renew theirs, so a restarted registry is full again within
 * one renewal and needs no disk.
 */
export class RegistrationTable {
  /** By key, then by value: when it expires, on the monotonic clock. */
  private readonly expiries = new Map<string, Map<string, number>>();
  /** By key: how often it was asked for one value. */
  private readonly turns = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Registers a value, or renews it. */
  register(key: string, value: string, ttlSeconds: number): void {
    const values = this.expiries.get(key) ?? new Map<string, number>();
    values.set(value, this.now() + ttlSeconds * 1000);
    this.expiries.set(key, values);
  }

  /** Removes a value; one that is not there is removed already. */
  deregister(key: string, value: string): void {
    this.expiries.get(key)?.delete(value);
    if (this.expiries.get(key)?.size !== 0) return;
    this.expiries.delete(key);
    this.turns.delete(key);
  }

  /** The live registrations under a key, in the order in which they came. */
  lookup(key: string): LiveRegistration[] {
    const now = this.now();
    for (const [value, expiry] of this.expiries.get(key) ?? []) if (expiry <= now) this.deregister(key, value);
    return [...(this.expiries.get(key) ?? [])].map(([value, expiry]) => ({
      value,
      expiresInMs: Math.ceil(expiry - now),
    }));
  }

  /** One live value under a key, another at each call; undefined when there is none. */
  rotate(key: string): string | undefined {
    const live = this.lookup(key);
    if (live.length === 0) return undefined;
    const turn = this.turns.get(key) ?? 0;
    this.turns.set(key, turn + 1);
    return live[turn % live.length]!.value;
  }

  /** Every key with its live registrations, by key. */
  all(): [string, LiveRegistration[]][] {
    return [...this.expiries.keys()]
      .sort()
      .map((key): [string, LiveRegistration[]] => [key, this.lookup(key)])
      .filter(([, live]) => live.length > 0);
  }
}
