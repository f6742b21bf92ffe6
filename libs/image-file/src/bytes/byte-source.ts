import type { FileHandle } from 'node:fs/promises';

/** Reads bytes of a file from `position` on: `length` of them, fewer at its end, none behind it. */
export type ByteSource = (position: number, length: number) => Promise<Buffer>;

/** Of small parts of a file, many are read at once. */
const windowBytes = 64 * 1024;

/** The bytes of a file, or of its beginning, that are in memory. */
export function bytesOf(buffer: Buffer): ByteSource {
  return (position, length) => Promise.resolve(buffer.subarray(position, position + length));
}

/** The bytes of an open file. It is meant for reading from front to back, in many small steps. */
export function bytesOfFile(file: FileHandle): ByteSource {
  let [start, window, isLast]: [number, Buffer, boolean] = [0, Buffer.alloc(0), false];
  return async (position, length) => {
    if (!Number.isSafeInteger(position)) return Buffer.alloc(0);
    const isWithin = position >= start && (isLast || position + length <= start + window.length);
    if (!isWithin) {
      const wanted = Math.max(length, windowBytes);
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), { position });
      [start, window, isLast] = [position, buffer.subarray(0, bytesRead), bytesRead < wanted];
    }
    return window.subarray(position - start, position - start + length);
  };
}
