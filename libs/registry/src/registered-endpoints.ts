import {
  Problem,
  services,
  unavailable,
  type ConnectionFailure,
  type Endpoints,
  type RegisteredService,
} from '#contracts';
import { Logger } from '@nestjs/common';
import type { RegistryClient } from './registry-client.js';

interface CachedEndpoint {
  /** On the monotonic clock, at the latest. */
  expiresAt: number;
  ttlMs: number;
  aside: 'refused' | 'silent' | 'stranger' | null;
}

/** For clocks that do not run at quite the same speed. */
const renewalSlackMs = 100;
const refreshMs = 5_000;
const refreshWhenWaitingMs = 500;

/**
 * The live endpoints of one service, from the registry.
 *
 * Lifecycle: between `start` and `stop` it asks the registry every 5 s, every 0.5 s while it knows of none; `pick` asks
 * at once when every known endpoint was set aside. An entry lives as long as its registration; every failed lookup
 * gives it that time anew, so that a registry that is down, or back and still empty, makes nobody deaf.
 *
 * An endpoint that refused is tried again as soon as the registry names it again. One that answered as somebody else
 * is tried again only when its registration was renewed: no token goes to a stranger twice.
 */
export class RegisteredEndpoints implements Endpoints {
  private readonly logger = new Logger('Registry');
  private readonly cache = new Map<string, CachedEndpoint>();
  private refreshing: Promise<boolean> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private waiting = false;
  private turn = 0;

  constructor(
    readonly service: RegisteredService,
    private readonly registry: RegistryClient,
    private readonly now: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.timer ??= setTimeout(() => void this.keepRefreshing(), 0);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** What this waits for, in words; null when an endpoint is known. */
  missing(): string | null {
    return this.usable().length > 0 ? null : `no live ${this.key} in the registry at ${this.registry.endpoint}`;
  }

  async pick(): Promise<string> {
    let usable = this.usable();
    if (usable.length === 0) {
      const heard = await this.refresh();
      usable = this.usable();
      // With nobody to hear from that an endpoint is back, one that refused a moment ago is better than none.
      if (!heard && usable.length === 0) usable = this.endpoints(({ aside }) => aside !== 'stranger');
    }
    if (usable.length === 0) throw unavailable(this.service, new Error(this.missing()!));
    return usable[this.turn++ % usable.length]!;
  }

  setAside({ endpoint, kind, message }: ConnectionFailure): void {
    const entry = this.cache.get(endpoint);
    // Of two calls in the same moment, one may still be refused, and the other answered by a stranger.
    if (!entry || entry.aside === 'stranger' || (entry.aside && kind !== 'stranger')) return;
    entry.aside = kind;
    // It may have been renewed since the last lookup, by the one who was there before. The next tells how long it runs.
    if (kind === 'stranger') entry.expiresAt = Infinity;
    this.logger.warn(`${services[this.service].title} set aside: ${message}`);
  }

  private get key(): string {
    return services[this.service].key;
  }

  private usable(): string[] {
    return this.endpoints(({ aside }) => aside === null);
  }

  private endpoints(fits: (entry: CachedEndpoint) => boolean): string[] {
    return [...this.cache].filter(([, entry]) => fits(entry)).map(([endpoint]) => endpoint);
  }

  private async keepRefreshing(): Promise<void> {
    await this.refresh();
    if (this.timer)
      this.timer = setTimeout(() => void this.keepRefreshing(), this.missing() ? refreshWhenWaitingMs : refreshMs);
  }

  /** One lookup at a time; true when the registry answered. */
  private refresh(): Promise<boolean> {
    this.refreshing ??= this.lookUp().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  private async lookUp(): Promise<boolean> {
    let heard = true;
    const askedAt = this.now();
    try {
      const answer = await this.registry.lookup(this.key);
      for (const { value, expiresInMs } of answer) this.hear(value, expiresInMs, askedAt);
      this.evictExpired(new Set(answer.map(({ value }) => value)));
    } catch (error) {
      if (!Problem.is(error)) throw error;
      heard = false;
      for (const entry of this.cache.values()) {
        if (entry.aside !== 'stranger') entry.expiresAt = this.now() + entry.ttlMs;
      }
    }
    this.sayWhatIsMissing(heard);
    return heard;
  }

  /** The time to live that is told counts from some moment between the question and the answer. */
  private hear(endpoint: string, expiresInMs: number, askedAt: number): void {
    const known = this.cache.get(endpoint);
    const expiresAt = this.now() + expiresInMs;
    // Only one that expires later than it could have, however long the answers were on their way, was renewed since.
    const renewed = !known || askedAt + expiresInMs > known.expiresAt + renewalSlackMs;
    const aside = known?.aside === 'stranger' && !renewed ? 'stranger' : null;
    this.cache.set(endpoint, { expiresAt, ttlMs: Math.max(expiresInMs, known?.ttlMs ?? 0), aside });
  }

  /** A stranger that is not named any more is forgotten at once: named again, it is somebody new. */
  private evictExpired(named: ReadonlySet<string>): void {
    for (const [endpoint, { expiresAt, aside }] of this.cache) {
      if (expiresAt <= this.now() || (aside === 'stranger' && !named.has(endpoint))) this.cache.delete(endpoint);
    }
  }

  private sayWhatIsMissing(heard: boolean): void {
    const missing = this.missing();
    if (missing && !this.waiting) {
      const reason = heard ? missing : `the registry at ${this.registry.endpoint} cannot be reached`;
      this.logger.log(`Waiting for ${this.service}: ${reason}`);
    }
    if (!missing && this.waiting) this.logger.log(`Found ${this.service} at ${this.usable().join(', ')}`);
    this.waiting = missing !== null;
  }
}
