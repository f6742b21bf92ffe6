import { longestWaitMs } from '#contracts';

/**
 * How long a `Prefer: wait=N` header (RFC 7240) wants to wait for the result, in whole seconds, at most the longest
 * long poll. A preference that cannot be read is ignored, as preferences are: 0.
 */
export function preferredWait(prefer: string | undefined): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '')?.[1];
  return Math.min(Number(seconds ?? 0), longestWaitMs / 1000);
}
