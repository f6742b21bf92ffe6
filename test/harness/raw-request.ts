import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came over the socket. */
export interface RawAnswer {
  status: number;
  /** By lower-case name; of a header that came more than once, the last. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface RawRequest {
  method?: string;
  path?: string;
  /** Sent exactly so, in this order; a name may come twice. `Host` goes before them. */
  headers?: [name: string, value: string | Buffer][];
  /** Sent as it is. Nothing says how long it is unless a header does. */
  body?: string | Buffer;
}

/** A connection on which every byte is the test's own: for requests that no client would make. */
export class RawConnection {
  private received: Buffer = Buffer.alloc(0);
  private readonly ended: Promise<unknown>;
  private isClosed = false;
  private notify: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    this.ended = new Promise((resolve) => socket.once('close', resolve)).then(() => {
      this.isClosed = true;
      this.notify();
    });
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.notify();
    });
    // A reset is a close like any other.
    socket.on('error', () => undefined);
  }

  /** @param endpoint `host:port` */
  static async open(endpoint: string): Promise<RawConnection> {
    const [host, port] = endpoint.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** How many bytes have come and were not taken by an answer. */
  get receivedBytes(): number {
    return this.received.length;
  }

  get hasEnded(): boolean {
    return this.isClosed;
  }

  /** Resolves once the bytes are handed to the system, or the connection is closed. */
  send(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => void this.socket.write(bytes, () => resolve()));
  }

  /** The next answer. @throws Error when the connection ends before it is whole */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const found = takeAnswer(this.received, this.isClosed);
      if (found) {
        this.received = found.rest;
        return found.answer;
      }
      if (this.isClosed) throw new Error(`The connection ended after ${JSON.stringify(this.received.toString())}`);
      await new Promise<void>((resolve) => (this.notify = resolve));
    }
  }

  /** Resolves once either side has closed or reset the connection. */
  async closed(): Promise<void> {
    await this.ended;
  }

  /** Reads nothing any more, so that the other side cannot send. */
  stopReading(): void {
    this.socket.pause();
  }

  goOnReading(): void {
    this.socket.resume();
  }

  /** Says that nothing more will come, and goes on reading. */
  end(): Promise<void> {
    return new Promise((resolve) => void this.socket.end(() => resolve()));
  }

  /** Leaves without a word, as a client does that is killed or loses its network. */
  async hangUp(): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }
}

/** The head of a request, byte by byte as it is given. */
export function requestHead({ method = 'GET', path = '/', headers = [] }: RawRequest): Buffer {
  const lines = headers.map(([name, value]) => Buffer.concat([Buffer.from(`${name}: `), Buffer.from(value), crlf]));
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n`, 'latin1'), ...lines, crlf]);
}

/** Makes one request on a connection of its own. */
export async function rawRequest(endpoint: string, request: RawRequest): Promise<RawAnswer> {
  const connection = await RawConnection.open(endpoint);
  try {
    void connection.send(Buffer.concat([requestHead(request), Buffer.from(request.body ?? '')]));
    return await connection.answer();
  } finally {
    await connection.hangUp();
  }
}

const crlf = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

function takeAnswer(bytes: Buffer, isAll: boolean): { answer: RawAnswer; rest: Buffer } | null {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return null;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(first.split(' ')[1]);
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const after = bytes.subarray(end + headEnd.length);
  const taken = takeBody(after, status, headers, isAll);
  return taken && { answer: { status, headers, body: taken.body }, rest: after.subarray(taken.length) };
}

function takeBody(
  bytes: Buffer,
  status: number,
  headers: Record<string, string>,
  isAll: boolean,
): { body: Buffer; length: number } | null {
  if (status < 200 || status === 204 || status === 304) return { body: Buffer.alloc(0), length: 0 };
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(bytes);
  const length = headers['content-length'];
  if (length === undefined) return isAll ? { body: bytes, length: bytes.length } : null;
  if (bytes.length < Number(length)) return null;
  return { body: bytes.subarray(0, Number(length)), length: Number(length) };
}

function takeChunks(bytes: Buffer): { body: Buffer; length: number } | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf(crlf, at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const [start, end] = [lineEnd + 2, lineEnd + 2 + size];
    if (bytes.length < end + 2) return null;
    if (size === 0) return { body: Buffer.concat(chunks), length: end + 2 };
    chunks.push(bytes.subarray(start, end));
    at = end + 2;
  }
}
