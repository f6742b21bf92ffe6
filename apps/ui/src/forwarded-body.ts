import { PassThrough, Readable } from 'node:stream';
import type { Request } from 'express';

export interface ForwardedBody {
  /** Undefined for a request without a body. Whoever took it destroys it once the request is answered. */
  body?: Readable;
  /** Headers that describe the body, where they differ from those of the request. */
  headers: Record<string, string>;
}

/** The body of a request as it goes on to master: streamed untouched, except JSON, which the body parser has read. */
export function forwardedBody(request: Request): ForwardedBody {
  if (request.body !== undefined) {
    const json = Buffer.from(JSON.stringify(request.body));
    const headers = {
      'content-encoding': 'identity',
      'content-type': 'application/json',
      'content-length': String(json.length),
    };
    return { body: Readable.from([json]), headers };
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || Number(length ?? 0) > 0;
  return hasBody ? { body: streamedBody(request), headers: {} } : { headers: {} };
}

/**
 * The request's bytes in a stream of their own. Destroying the request itself would close the connection, and with it
 * the way for an early refusal; destroying this stream only lets the rest of the body be read and thrown away, which a
 * browser needs: most look for the answer only once they have sent everything.
 */
function streamedBody(request: Request): Readable {
  const body = new PassThrough();
  request.pipe(body);
  request.once('error', (error) => body.destroy(error));
  body.once('close', () => request.resume());
  // The reader hears of errors from its iterator; without a listener one that comes later would end the process.
  body.on('error', () => undefined);
  return body;
}
