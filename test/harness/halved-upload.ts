import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { form } from './form.js';

/** An upload of a picture that stops in the middle of its body, until it is completed or given up. */
export class HalvedUpload {
  private constructor(
    private readonly sent: ClientRequest,
    private readonly answered: Promise<[IncomingMessage]>,
    private readonly rest: Buffer,
  ) {}

  /** Resolves once the first half is sent. @param master its `host:port` */
  static async begin(master: string, image: Buffer, headers: Record<string, string> = {}): Promise<HalvedUpload> {
    const whole = new Response(form({ image }));
    const body = Buffer.from(await whole.arrayBuffer());
    const half = body.length >> 1;
    const sent = request(`http://${master}/task`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': whole.headers.get('Content-Type')!, 'Content-Length': body.length },
    });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    await new Promise<void>((resolve, reject) => {
      sent.write(body.subarray(0, half), (error) => (error ? reject(error) : resolve()));
    });
    return new HalvedUpload(sent, answered, body.subarray(half));
  }

  /** Sends the other half. @returns the answer */
  async complete(): Promise<{ status: number; body: unknown }> {
    this.sent.end(this.rest);
    const [answer] = await this.answered;
    return { status: answer.statusCode!, body: await json(answer) };
  }

  /** Hangs up. */
  giveUp(): void {
    this.sent.destroy();
  }
}
