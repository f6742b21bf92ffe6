import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '#contracts';
import type { System } from '../harness/system.js';
import type { SeededRandom } from './seeded-random.js';

/** A process that may be hit. */
interface Target {
  service: ServiceName;
  name: string;
}

/** The lease of the end-to-end systems lasts 3 s; a freeze is longer, so that leases and timeouts run out in it. */
const freezeMs: [number, number] = [3_500, 6_000];
const downMs: [number, number] = [0, 1_500];
const pauseMs: [number, number] = [500, 2_500];
/** Of all hits, these are freezes; the others kill. */
const freezes = 0.25;
/** Of all hits, these strike two processes at once. */
const pairs = 0.3;

/**
 * Kills and freezes the processes of a system at random moments, one or two at a time, and brings each back.
 * What is hit, and for how long, comes from the seed; when it meets what, from the machine.
 */
export class Chaos {
  /** Kills by process. */
  readonly kills = new Map<string, number>();
  freezes = 0;
  private readonly returning = new Map<string, Promise<void>>();

  constructor(
    private readonly system: System,
    private readonly targets: Target[],
    private readonly random: SeededRandom,
  ) {}

  get killCount(): number {
    return [...this.kills.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Strikes until there were so many kills. Resolves when everything is back. */
  async run(kills: number): Promise<void> {
    while (this.killCount < kills) {
      const count = this.random.next() < pairs ? 2 : 1;
      for (let number = 0; number < count && this.killCount < kills; number++) this.strike();
      await sleep(this.random.between(...pauseMs));
    }
    await Promise.all(this.returning.values());
  }

  /** Hits a process that is up. */
  private strike(): void {
    const up = this.targets.filter(({ name }) => !this.returning.has(name));
    if (up.length === 0) return;
    const target = this.random.pick(up);
    const hit = this.random.next() < freezes ? this.freeze(target) : this.kill(target);
    this.returning.set(
      target.name,
      hit.finally(() => this.returning.delete(target.name)),
    );
  }

  private async freeze({ name }: Target): Promise<void> {
    this.freezes++;
    const process = this.system.process(name);
    process.freeze();
    await sleep(this.random.between(...freezeMs));
    process.thaw();
  }

  private async kill({ service, name }: Target): Promise<void> {
    this.kills.set(name, (this.kills.get(name) ?? 0) + 1);
    await this.system.process(name).end('SIGKILL');
    await sleep(this.random.between(...downMs));
    await this.system.launch(service, name);
  }
}
