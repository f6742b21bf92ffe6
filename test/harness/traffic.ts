import { setTimeout as sleep } from 'node:timers/promises';
import type { MasterClient, ShownTask } from './master-client.js';
import { png } from './photo.js';

/** What one client does between two photos. */
const pauseMs = 200;

export interface Sent {
  task: ShownTask;
  image: Buffer;
}

/** Clients that upload one small photo after the other, and wait for each result, until they are told to stop. */
export class Traffic {
  readonly sent: Sent[] = [];
  private stopped = false;
  private readonly clients: Promise<void>;

  private constructor(
    private readonly client: MasterClient,
    private readonly images: Buffer[],
    clients: number,
  ) {
    this.clients = Promise.all(Array.from({ length: clients }, () => this.run())).then(() => undefined);
    // Who stops them hears of it.
    this.clients.catch(() => undefined);
  }

  static async start(client: MasterClient, clients = 2): Promise<Traffic> {
    const images = await Promise.all([1, 2, 3, 4].map((seed) => png({ width: 300, height: 200, seed })));
    return new Traffic(client, images, clients);
  }

  /** Resolves with everything that was sent, once it is processed. */
  async stop(): Promise<Sent[]> {
    this.stopped = true;
    await this.clients;
    return this.sent;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const image = this.images[this.sent.length % this.images.length]!;
      const task = await this.client.upload(image);
      this.sent.push({ task, image });
      await this.client.settled(task.id);
      await sleep(pauseMs);
    }
  }
}
