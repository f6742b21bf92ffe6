import type { Readable } from 'node:stream';
import type { ByteRange, RequestedRange } from './byte-range.js';

/** A file as the store knows it. */
export interface StoredFile {
  key: string;
  /** In bytes. */
  size: number;
  /** Lower-case hex of the SHA-256 of the bytes. */
  sha256: string;
}

export interface PutOptions {
  /** Lower-case hex of the SHA-256 that the bytes must have. */
  sha256?: string;
  /** The exact number of bytes, when it is known beforehand. */
  size?: number;
  signal?: AbortSignal;
}

export interface OpenOptions {
  range?: RequestedRange;
  signal?: AbortSignal;
}

/** A file being read. Whoever opens it must read `stream` to its end or destroy it. */
export interface OpenedFile {
  /** Of the whole file, in bytes. */
  size: number;
  /** The bytes that `stream` gives; null for all of them. */
  range: ByteRange | null;
  stream: Readable;
}

export interface FileListQuery {
  /** Files of this task only. */
  taskId?: string;
  /** Files stored at least this long ago. */
  olderThanSeconds?: number;
  /** The cursor of the page before. */
  after?: string;
  /** At most this many, 1 to 1000. */
  limit?: number;
}

export interface ListedFile {
  key: string;
  size: number;
  ageSeconds: number;
}

export interface FilePage {
  files: ListedFile[];
  /** Pass as `after` for the next page; null on the last one. */
  next: string | null;
}

/**
 * Immutable files under keys of a strict grammar (`fileKeyPattern`). Every key that does not match is one under which
 * no file exists.
 */
export interface FileStore {
  /**
   * Stores a body under a new key. The file exists, durable and complete, when the promise resolves, and not at all
   * when it rejects. The bytes of a picture must have the SHA-256 that is in its key.
   * @throws Problem `file-exists`, `payload-too-large`, `digest-mismatch`, `incomplete-body`, `storage-full`, or
   * `file-not-found` for a key outside of the grammar.
   */
  put(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredFile>;
  /** @throws Problem `file-not-found`, `range-not-satisfiable` */
  open(key: string, options?: OpenOptions): Promise<OpenedFile>;
  /** The size in bytes. @throws Problem `file-not-found` */
  size(key: string): Promise<number>;
  /** Removes a file; a file that is not there is removed already. */
  delete(key: string): Promise<void>;
  /** All files of tasks, in an order of the store's own, page by page. Pictures are not among them: no task owns them. */
  list(query?: FileListQuery): Promise<FilePage>;
  /** The id of the task store that this file store belongs to; null before the first `claim`. */
  owner(): Promise<string | null>;
  /**
   * Makes this file store belong to a task store, for good; repeating it changes nothing.
   * @throws Problem `store-mismatch` when it belongs to another.
   */
  claim(taskStoreId: string): Promise<void>;
}
