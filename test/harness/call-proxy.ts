import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/**
 * When a call is broken off:
 * - `call`: before it is passed on; the service behind never hears of it
 * - `answer`: once the service behind has answered well, and in full; the caller never hears the answer
 * - `body`: once the first bytes of a good answer were passed on; the rest never comes
 */
export type Moment = 'call' | 'answer' | 'body';

/** The call to break off: the first one that fits. */
export interface Breakpoint {
  moment: Moment;
  /** The method and the path. */
  call: RegExp;
}

/** A call that waits at the proxy. */
export interface HeldCall {
  /** Resolves once the call has come. */
  arrival: Promise<void>;
  /** Lets it go its way, even if its caller sleeps by now. Resolves with the status of its answer. */
  passOn: () => Promise<number>;
}

interface Hold {
  call: RegExp;
  arrived: PromiseWithResolvers<void>;
  open: PromiseWithResolvers<void>;
  answered: PromiseWithResolvers<number>;
}

/** One call as the proxy sees it. */
interface Call {
  name: string;
  /** Empty unless it is JSON. */
  body: string;
}

interface ArmedBreakpoint extends Breakpoint {
  act: (body: string) => Promise<void>;
  done: PromiseWithResolvers<void>;
}

/**
 * A real HTTP proxy before a service of a test's system. It passes every call and every answer as they are, streamed,
 * and breaks off, or holds, those that it was told to.
 */
export class CallProxy {
  private readonly armed = new Set<ArmedBreakpoint>();
  private readonly holds = new Set<Hold>();
  private readonly server: Server;

  private constructor(
    /** `host:port` of the service behind, asked for with every call: a service that is started again has moved. */
    private readonly upstream: () => Promise<string>,
  ) {
    this.server = createServer((request, response) => {
      // A side that hangs up, or is killed, takes the other one with it.
      this.pass(request, response).catch(() => response.destroy());
    });
  }

  static async start(upstream: () => Promise<string>): Promise<CallProxy> {
    const proxy = new CallProxy(upstream);
    await once(proxy.server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** `host:port` of the proxy. */
  get endpoint(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /**
   * Breaks off one call. Resolves once it was broken off and `act`, which runs while the call is held, is done.
   * @param act is given the JSON body of the call
   */
  breakOff(breakpoint: Breakpoint, act: (body: string) => Promise<void> = async () => {}): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.armed.add({ ...breakpoint, act, done });
    return done.promise;
  }

  /** Holds the next such call until it is passed on. */
  hold(call: RegExp): HeldCall {
    const [arrived, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const answered = Promise.withResolvers<number>();
    this.holds.add({ call, arrived, open, answered });
    const passOn = (): Promise<number> => {
      open.resolve();
      return answered.promise;
    };
    return { arrival: arrived.promise, passOn };
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hungUp = new AbortController();
    response.once('close', () => hungUp.abort());
    const isJson = request.headers['content-type']?.startsWith('application/json') ?? false;
    const call: Call = { name: `${request.method} ${request.url}`, body: isJson ? await text(request) : '' };
    const broken = this.take('call', call);
    if (broken) return end(broken, call, response);
    const hold = takeFirst(this.holds, (held) => held.call.test(call.name));
    hold?.arrived.resolve();
    await hold?.open.promise;

    const outgoing = httpRequest(`http://${await this.upstream()}${request.url}`, {
      method: request.method,
      headers: endToEnd(request.headers),
      agent: false,
      signal: hungUp.signal,
    });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    // Once there is an answer, it fails as well.
    outgoing.on('error', () => undefined);
    // A refusal may come before the body has ended; what becomes of the body then is no matter.
    if (isJson) outgoing.end(call.body);
    else pipeline(request, outgoing).catch(() => undefined);
    const [answer] = await answered;
    hold?.answered.resolve(answer.statusCode!);
    await this.passBack(answer, response, call);
  }

  private async passBack(answer: IncomingMessage, response: ServerResponse, call: Call): Promise<void> {
    // A long poll that brought nothing is no answer to wait for.
    const good = answer.statusCode! < 300 && answer.statusCode !== 204;
    const broken = good && this.take('answer', call);
    if (broken) {
      await buffer(answer);
      return end(broken, call, response);
    }
    response.writeHead(answer.statusCode!, endToEnd(answer.headers));
    for await (const chunk of answer) {
      await new Promise((resolve) => response.write(chunk, resolve));
      const brokenHere = good && this.take('body', call);
      if (brokenHere) return end(brokenHere, call, response);
    }
    response.end();
  }

  private take(moment: Moment, { name }: Call): ArmedBreakpoint | undefined {
    return takeFirst(this.armed, (armed) => armed.moment === moment && armed.call.test(name));
  }
}

function takeFirst<Item>(items: Set<Item>, fits: (item: Item) => boolean): Item | undefined {
  const found = [...items].find(fits);
  if (found) items.delete(found);
  return found;
}

async function end({ act, done }: ArmedBreakpoint, { body }: Call, response: ServerResponse): Promise<void> {
  await act(body).then(done.resolve, done.reject);
  response.destroy();
}

/** Headers without those of one connection. */
function endToEnd({
  connection: _connection,
  'keep-alive': _keepAlive,
  ...headers
}: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers;
}
