import { maxHeaderSize, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { headers, Problem } from '#contracts';
import type { ServiceConfig } from '../config/service-config.js';
import type { ServiceIdentity } from '../service-identity.js';

/** Longer than callers keep idle connections, so that it is never the server that closes one just being reused. */
const keepAliveMs = 65_000;
/** How often Node looks for requests that take too long, at the least. */
const longestCheckMs = 30_000;
/** How long a client that was refused may take to read why. */
const lingerMs = 2_000;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** What a connection is at: for the next request, its body, what it asks for, or the answer. */
type Stage = 'waiting' | 'reading' | 'working' | 'answering';

/**
 * Bounds the time for which a slow client holds a connection, and answers what is no HTTP request, or does not come in
 * time, as a problem like every other error: Node's own answer has no word of why.
 */
export class Connections {
  /** The last exchange of each connection. */
  private readonly exchanges = new WeakMap<Socket, Exchange>();
  /** How many bytes a connection had moved when it was found still. */
  private readonly stillAt = new WeakMap<Socket, number>();

  constructor(
    private readonly config: ServiceConfig,
    private readonly identity: ServiceIdentity,
  ) {}

  /** Looks after the connections of a server that does not listen yet. */
  watch(server: Server): void {
    const { headersSeconds, requestSeconds } = this.config;
    server.keepAliveTimeout = keepAliveMs;
    server.headersTimeout = headersSeconds * 1000;
    server.requestTimeout = requestSeconds * 1000;
    server.timeout = this.stillMs;
    // An option of `createServer`, which Nest calls; read when the server begins to listen.
    Object.assign(server, {
      connectionsCheckingInterval: Math.min(longestCheckMs, server.headersTimeout / 2, server.requestTimeout / 2),
    });
    server.prependListener('request', (request, response) => this.exchanges.set(request.socket, { request, response }));
    server.on('timeout', (socket) => this.onStill(socket));
    server.on('clientError', (error, socket) => this.onClientError(error, socket as Socket));
  }

  /**
   * Nothing has moved for half of the time that it may. Only when the same is found again is the client at fault: we may
   * have begun just now to read what waited for us.
   */
  private onStill(socket: Socket): void {
    // Between two requests Node has set another time.
    if (socket.timeout !== this.stillMs) return void socket.destroy();
    const moved = socket.bytesRead + socket.bytesWritten;
    const stage = this.stageOf(socket);
    if (stage === 'working' || this.isUnread(socket)) {
      // It is we who take our time: over a long poll, or until an upload has its turn.
      this.stillAt.delete(socket);
    } else if (this.stillAt.get(socket) !== moved) {
      this.stillAt.set(socket, moved);
    } else if (stage === 'reading') {
      return this.refuse(socket, new Problem('request-timeout', `Nothing came for ${this.config.idleSeconds} s`));
    } else {
      return void socket.destroy();
    }
    socket.setTimeout(this.stillMs);
  }

  private onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    if (!socket.writable) return void socket.destroy();
    const exchange = this.exchanges.get(socket);
    const stage = this.stageOf(socket);
    if (stage === 'waiting' || stage === 'reading') {
      this.refuse(socket, this.problemOf(error, stage));
    } else if (exchange?.request.complete) {
      // What came after the request is wrong, not the request: it is answered, and nothing after it.
      exchange.response.once('close', () => this.close(socket));
    } else {
      socket.destroy();
    }
  }

  /** Answers on the bare socket, and closes it. */
  private refuse(socket: Socket, problem: Problem): void {
    const body = JSON.stringify(problem.toDetails());
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `${headers.service}: ${this.identity.service}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    this.close(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Closes a connection behind the last words. Closed on bytes that nobody has read, it would be reset, and the words lost. */
  private close(socket: Socket, lastWords = ''): void {
    if (socket.writableEnded) return;
    socket.end(lastWords);
    setTimeout(() => socket.destroy(), lingerMs).unref();
  }

  private problemOf({ code, message }: NodeJS.ErrnoException, stage: 'waiting' | 'reading'): Problem {
    const { headersSeconds, requestSeconds } = this.config;
    switch (code) {
      case 'ERR_HTTP_REQUEST_TIMEOUT':
        return new Problem(
          'request-timeout',
          stage === 'waiting'
            ? `The headers of a request may take ${headersSeconds} s`
            : `A request may take ${requestSeconds} s to come`,
        );
      case 'HPE_HEADER_OVERFLOW':
        return new Problem('headers-too-large', `Path and headers together may have ${maxHeaderSize} bytes`);
      case 'HPE_INVALID_EOF_STATE':
        return new Problem('incomplete-body', 'The connection ended in the middle of the request');
      default:
        return new Problem('invalid-request', `This is no HTTP request: ${message}`);
    }
  }

  private get stillMs(): number {
    return this.config.idleSeconds * 500;
  }

  private stageOf(socket: Socket): Stage {
    const { request, response } = this.exchanges.get(socket) ?? {};
    if (!request || !response || (request.complete && response.writableFinished)) return 'waiting';
    if (response.headersSent) return 'answering';
    return request.complete ? 'working' : 'reading';
  }

  /** Whether more of a body has come than was taken, so that the client may not go on. */
  private isUnread(socket: Socket): boolean {
    return this.stageOf(socket) === 'reading' && this.exchanges.get(socket)!.request.readableLength > 0;
  }
}
