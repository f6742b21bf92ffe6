import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/**
 * The headers that mean something end to end. All others stay on their own connection: they describe it, or they are
 * between the browser and ui (cookies, origin), or between services (identity, store).
 */
const toMaster = [
  'accept',
  'content-encoding',
  'content-length',
  'content-type',
  'idempotency-key',
  'if-none-match',
  'if-range',
  'prefer',
  'range',
  'traceparent',
];

const toBrowser = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-length',
  'content-range',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'etag',
  'last-modified',
  'location',
  'origin-agent-cluster',
  'preference-applied',
  'referrer-policy',
  'retry-after',
  'www-authenticate',
  'x-content-type-options',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-xss-protection',
];

/**
 * The headers of a request that go on to master. `Authorization` is always set, empty when the browser sent none: it
 * takes the place of the service token that a `ServiceClient` adds, so that no browser ever acts with its power.
 */
export function headersToMaster({ headers }: IncomingMessage): Record<string, string> {
  return { ...pick(headers, toMaster), Authorization: headers.authorization ?? '' };
}

/** The headers of master's answer that go on to the browser. */
export function headersToBrowser({ headers }: IncomingMessage): OutgoingHttpHeaders {
  return pick(headers, toBrowser);
}

function pick(headers: IncomingMessage['headers'], names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}
