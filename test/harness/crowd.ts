import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ShownTask } from './master-client.js';

const boundary = 'a-boundary-of-the-crowd';
const head = Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="photo.png"\r\n\r\n`);
const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
const worthRepeating = [429, 503];
const pauseAfterResetMs = 500;

/** What a client of the crowd was answered. */
export interface CrowdAnswer {
  status: number;
  /** In seconds. */
  retryAfter: number | undefined;
  body: { id?: string; code?: string };
}

/**
 * Many clients that upload one picture at the same time, each over a connection of its own, and all out of one buffer,
 * so that a thousand of them cost no memory here.
 */
export class Crowd {
  /** How often each problem was answered to those who then tried again. */
  readonly refusals = new Map<string, number>();
  resets = 0;
  /** None is kept; but who says so with `Connection: close` may be reset by a server that refuses before it has all. */
  private readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 0 });

  /** @param master `host:port` */
  constructor(
    private readonly master: string,
    private readonly image: Buffer,
  ) {}

  /** All of them at once, as good clients. Resolves when each has its task. */
  upload(count: number): Promise<ShownTask[]> {
    return Promise.all(Array.from({ length: count }, () => this.patientUpload()));
  }

  /** One client. What is refused for now, or breaks off, it sends again after `Retry-After`, under the same key. */
  private async patientUpload(): Promise<ShownTask> {
    const idempotencyKey = randomUUID();
    for (;;) {
      const answer = await this.begin(idempotencyKey)
        .end()
        .catch(() => null);
      if (answer?.status === 201) return answer.body as ShownTask;
      if (answer && !worthRepeating.includes(answer.status)) throw new Error(JSON.stringify(answer));
      if (answer) this.refusals.set(answer.body.code!, (this.refusals.get(answer.body.code!) ?? 0) + 1);
      else this.resets++;
      if (answer && answer.retryAfter === undefined) throw new Error(`no Retry-After: ${JSON.stringify(answer)}`);
      await sleep(answer ? answer.retryAfter! * 1000 : pauseAfterResetMs);
    }
  }

  /** One client that has sent its headers, and nothing of its picture yet. */
  begin(idempotencyKey: string = randomUUID()): BegunUpload {
    const outgoing = request(`http://${this.master}/task`, {
      method: 'POST',
      agent: this.agent,
      headers: {
        'Content-Type': `multipart/form-data; boundary=${boundary}`,
        'Content-Length': head.length + this.image.length + tail.length,
        'Idempotency-Key': idempotencyKey,
      },
    });
    outgoing.flushHeaders();
    return new BegunUpload(outgoing, this.image);
  }
}

/** An upload in the middle, which goes on as its test says. */
export class BegunUpload {
  private readonly answered: Promise<CrowdAnswer>;
  private sent = 0;

  constructor(
    private readonly outgoing: ClientRequest,
    private readonly image: Buffer,
  ) {
    this.answered = once(outgoing, 'response').then(([response]) => answerOf(response as IncomingMessage));
    // Who waits for the answer hears of it.
    this.answered.catch(() => undefined);
    outgoing.on('error', () => undefined);
  }

  /** Sends the first half of the picture, and stops. */
  sendHalf(): void {
    this.sent = this.image.length >> 1;
    this.outgoing.write(head);
    this.outgoing.write(this.image.subarray(0, this.sent));
  }

  /** Sends the rest. @returns the answer */
  end(): Promise<CrowdAnswer> {
    if (this.sent === 0) this.outgoing.write(head);
    this.outgoing.write(this.image.subarray(this.sent));
    this.outgoing.end(tail);
    return this.answer();
  }

  /** The answer, which may come before the picture is sent. Then nobody wants the rest. */
  async answer(): Promise<CrowdAnswer> {
    const answer = await this.answered;
    if (!this.outgoing.writableFinished) this.outgoing.destroy();
    return answer;
  }

  hangUp(): void {
    this.outgoing.destroy();
  }
}

async function answerOf(response: IncomingMessage): Promise<CrowdAnswer> {
  const retryAfter = response.headers['retry-after'];
  return {
    status: response.statusCode!,
    retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
    body: JSON.parse(await text(response)) as CrowdAnswer['body'],
  };
}
