import { Problem } from '#contracts';

const sha256Member = /(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]{43}=):[ \t]*(?:,|$)/;

/**
 * The SHA-256 of a `Content-Digest` header (RFC 9530) as lower-case hex; undefined without a header.
 * @throws Problem `invalid-request` for a header without a readable SHA-256: a check that was asked for is never skipped.
 */
export function parseContentDigest(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const base64 = sha256Member.exec(header)?.[1];
  if (base64) return Buffer.from(base64, 'base64').toString('hex');
  throw new Problem('invalid-request', 'Content-Digest must be of the form sha-256=:<base64 of the SHA-256>:');
}
