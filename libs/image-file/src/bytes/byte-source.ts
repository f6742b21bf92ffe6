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
  let held = { start: 0, bytes: Buffer.alloc(0), isLast: false };
  return async (position, length) => {
    if (!Number.isSafeInteger(position)) return Buffer.alloc(0);
    const end = held.start + held.bytes.length;
    // What is read meanwhile for another caller must not move the window under this one.
    let window = held;
    if (position < held.start || (position + length > end && !held.isLast)) {
      const wanted = Math.max(length, windowBytes);
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), { position });
      window = { start: position, bytes: buffer.subarray(0, bytesRead), isLast: bytesRead < wanted };
      held = window;
    }
    return window.bytes.subarray(position - window.start, position - window.start + length);
  };
}
