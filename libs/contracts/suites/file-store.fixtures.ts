import { createHash } from 'node:crypto';
import type { FileStore, ProblemCode } from '#contracts';

/** A store under test, new and empty. */
export interface OpenFileStore {
  store: FileStore;
  /** The size of the largest file that it takes; between 20 and 40 MB. */
  maxBytes: number;
  /** Lets time pass for the store. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

export function problem(code: ProblemCode): { name: string; code: ProblemCode } {
  return { name: 'Problem', code };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function* chunksOf(bytes: Buffer, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

export async function* zeros(size: number): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
}
