import { Problem } from '../problem/problem.js';

/** What a client asked for: from `start` to `end` (inclusive, or to the last byte), or the last `suffix` bytes. */
export type RequestedRange = { start: number; end?: number } | { suffix: number };

/** Bytes `start` to `end`, both inclusive, within a file. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Reads a `Range` header (RFC 9110, section 14). Undefined when there is none, when it cannot be read, or when it asks
 * for several ranges: a server may ignore those, and answers with the whole file.
 */
export function parseRange(header: string | undefined): RequestedRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, first, last] = match;
  if (first === '') return last === '' ? undefined : { suffix: Number(last) };
  if (last === '') return { start: Number(first) };
  return Number(last) < Number(first) ? undefined : { start: Number(first), end: Number(last) };
}

export function formatRange(range: RequestedRange): string {
  return 'suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.start}-${range.end ?? ''}`;
}

/**
 * The bytes that a request means in a file of this size.
 * @throws Problem `range-not-satisfiable` when it means none.
 */
export function resolveRange(range: RequestedRange, size: number): ByteRange {
  const start = 'suffix' in range ? Math.max(0, size - range.suffix) : range.start;
  const end = 'suffix' in range ? size - 1 : Math.min(range.end ?? size - 1, size - 1);
  if (start > end) throw new Problem('range-not-satisfiable', `The file has ${size} bytes`, { size });
  return { start, end };
}
