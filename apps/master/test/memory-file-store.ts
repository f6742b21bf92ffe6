import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  digestOfKey,
  isFileKey,
  Problem,
  resolveRange,
  taskIdOfKey,
  type FileListQuery,
  type FilePage,
  type FileStore,
  type OpenedFile,
  type OpenOptions,
  type PutOptions,
  type StoredFile,
} from '#contracts';

interface HeldFile {
  bytes: Buffer;
  sha256: string;
  storedAt: number;
}

export interface MemoryFileStoreOptions {
  maxBytes?: number;
  /** How many files are looked at for one page, whatever its limit: pages come out short, or empty. */
  filesPerPage?: number;
}

/** A `FileStore` that keeps everything in memory, with a clock that stands still unless moved. */
export class MemoryFileStore implements FileStore {
  readonly held = new Map<string, HeldFile>();
  private readonly maxBytes: number;
  private readonly filesPerPage: number;
  private taskStoreId: string | null = null;
  private nowMs = 0;

  constructor({ maxBytes = Infinity, filesPerPage = Infinity }: MemoryFileStoreOptions = {}) {
    this.maxBytes = maxBytes;
    this.filesPerPage = filesPerPage;
  }

  get keys(): string[] {
    return [...this.held.keys()].sort();
  }

  advance(seconds: number): void {
    this.nowMs += seconds * 1000;
  }

  async put(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredFile> {
    if (!isFileKey(key)) throw notFound(key);
    this.checkLimit(options.size ?? 0);
    this.refuseExisting(key);
    const bytes = await this.receive(body, options.signal);
    if (options.size !== undefined && options.size !== bytes.length) {
      throw new Problem('incomplete-body', `${options.size} bytes were announced, and ${bytes.length} came`);
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const wanted = [options.sha256, digestOfKey(key)];
    if (wanted.some((digest) => digest !== undefined && digest !== sha256)) {
      throw new Problem('digest-mismatch', `The bytes have the SHA-256 ${sha256}`);
    }
    this.refuseExisting(key);
    this.held.set(key, { bytes, sha256, storedAt: this.nowMs });
    return { key, size: bytes.length, sha256 };
  }

  async open(key: string, { range }: OpenOptions = {}): Promise<OpenedFile> {
    const { bytes } = this.find(key);
    const part = range ? resolveRange(range, bytes.length) : null;
    const wanted = part ? bytes.subarray(part.start, part.end + 1) : bytes;
    return { size: bytes.length, range: part, stream: Readable.from(chunksOf(wanted)) };
  }

  async size(key: string): Promise<number> {
    return this.find(key).bytes.length;
  }

  async delete(key: string): Promise<void> {
    this.held.delete(key);
  }

  async list({ taskId, olderThanSeconds = 0, after = '', limit = 1000 }: FileListQuery = {}): Promise<FilePage> {
    const ofTasks = this.keys.filter((key) => taskIdOfKey(key) !== null);
    const rest = ofTasks.filter((key) => key > after && (!taskId || taskIdOfKey(key) === taskId));
    const files: FilePage['files'] = [];
    let looked = 0;
    for (const key of rest) {
      if (files.length === limit || looked === this.filesPerPage) break;
      looked++;
      const { bytes, storedAt } = this.held.get(key)!;
      const ageSeconds = (this.nowMs - storedAt) / 1000;
      if (ageSeconds >= olderThanSeconds) files.push({ key, size: bytes.length, ageSeconds });
    }
    return { files, next: looked < rest.length ? rest[looked - 1]! : null };
  }

  async owner(): Promise<string | null> {
    return this.taskStoreId;
  }

  async claim(taskStoreId: string): Promise<void> {
    this.taskStoreId ??= taskStoreId;
    if (this.taskStoreId !== taskStoreId) throw new Problem('store-mismatch', 'The files belong to another task store');
  }

  private async receive(body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Buffer> {
    signal?.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => undefined);
    const abort = (): void => aborted.reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort);
    const iterator = body[Symbol.asyncIterator]();
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for (;;) {
        const { done, value } = await Promise.race([iterator.next(), aborted.promise]);
        if (done) return Buffer.concat(chunks);
        size += value.length;
        this.checkLimit(size);
        chunks.push(Uint8Array.from(value));
      }
    } catch (error) {
      // Not awaited: a source that is silent does not come to its end.
      void iterator.return?.().catch(() => undefined);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  private find(key: string): HeldFile {
    const file = this.held.get(key);
    if (!file) throw notFound(key);
    return file;
  }

  private refuseExisting(key: string): void {
    if (this.held.has(key)) throw new Problem('file-exists', `There is a file ${key} already`);
  }

  private checkLimit(size: number): void {
    if (size > this.maxBytes) throw new Problem('payload-too-large', `A file may have ${this.maxBytes} bytes`);
  }
}

function notFound(key: string): Problem {
  return new Problem('file-not-found', `There is no file ${key}`);
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
}
