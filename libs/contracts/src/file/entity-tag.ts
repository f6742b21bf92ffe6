/**
 * Whether an `If-None-Match` header names this entity tag. What the request's `Cache-Control` says is for caches, not
 * for the origin: a client that asks with the tag it has is told when it is current.
 */
export function matchesEntityTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
