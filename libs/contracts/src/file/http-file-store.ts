import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { queryString } from '../http/query-string.js';
import type { Exchange, ServiceClient } from '../http/service-client.js';
import { Problem } from '../problem/problem.js';
import { formatRange } from './byte-range.js';
import { isFileKey } from './file-key.js';
import type {
  FileListQuery,
  FilePage,
  FileStore,
  OpenedFile,
  OpenOptions,
  PutOptions,
  StoredFile,
} from './file-store.js';

/** storage as a `FileStore`. */
export class HttpFileStore implements FileStore {
  constructor(private readonly service: ServiceClient) {}

  async put(
    key: string,
    body: AsyncIterable<Uint8Array>,
    { sha256, size, signal }: PutOptions = {},
  ): Promise<StoredFile> {
    const answer = await this.exchange({
      method: 'PUT',
      path: pathOf(key),
      headers: {
        'Content-Type': 'application/octet-stream',
        'Content-Length': size?.toString(),
        'Content-Digest': sha256 && `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
      },
      body: size === undefined ? body : ofSize(size, body),
      signal,
    });
    return (await json(answer)) as StoredFile;
  }

  async open(key: string, { range, signal }: OpenOptions = {}): Promise<OpenedFile> {
    const answer = await this.exchange({
      method: 'GET',
      path: pathOf(key),
      headers: { Range: range && formatRange(range) },
      signal,
    });
    const part = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.headers['content-range'] ?? '');
    if (!part) return { size: Number(answer.headers['content-length']), range: null, stream: answer };
    const [start, end, size] = part.slice(1).map(Number) as [number, number, number];
    return { size, range: { start, end }, stream: answer };
  }

  async size(key: string): Promise<number> {
    const answer = await this.service.exchange({ method: 'HEAD', path: pathOf(key) });
    answer.resume();
    if (answer.statusCode === 200) return Number(answer.headers['content-length']);
    // The answer to HEAD has no body, so the problem is known by its status alone.
    throw answer.statusCode === 404
      ? new Problem('file-not-found', `There is no file ${key}`)
      : new Problem('service-unavailable', `storage answered ${answer.statusCode}`, { retryAfterSeconds: 1 });
  }

  async delete(key: string): Promise<void> {
    if (isFileKey(key)) await this.service.call({ method: 'DELETE', path: pathOf(key) });
  }

  list(query: FileListQuery = {}): Promise<FilePage> {
    return this.service.call({ method: 'GET', path: `/files${queryString(query)}` });
  }

  async owner(): Promise<string | null> {
    const { owner } = await this.service.call<{ owner: string | null }>({ method: 'GET', path: '/store' });
    return owner;
  }

  claim(taskStoreId: string): Promise<void> {
    return this.service.call({ method: 'PUT', path: '/store/owner', body: { taskStoreId } });
  }

  private async exchange(exchange: Exchange): Promise<IncomingMessage> {
    const answer = await this.service.exchange(exchange);
    if ((answer.statusCode ?? 500) >= 400) throw await this.service.problemIn(answer);
    return answer;
  }
}

/** A valid key needs no escapes. Any other must not become a path: one with `..` would name another route. */
function pathOf(key: string): string {
  if (isFileKey(key)) return `/files/${key}`;
  throw new Problem('file-not-found', `There is no file ${JSON.stringify(key.slice(0, 200))}`);
}

/**
 * A body that fails unless it has the size announced: the server would wait for missing bytes, and take surplus ones
 * for the next request. The last chunk is held back until the body has ended well, so that a body that fails then is
 * not one that the server has in full.
 */
async function* ofSize(size: number, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let count = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    count += chunk.length;
    if (count > size) break;
    if (last) yield last;
    last = chunk;
  }
  if (count !== size) throw new Problem('incomplete-body', `The body has not the ${size} bytes announced`);
  if (last) yield last;
}
