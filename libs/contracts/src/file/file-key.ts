import { randomBytes } from 'node:crypto';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const nonce = '[0-9a-f]{16}';
/** The names an output may have: the last part of a file key. A letter first: JSON puts names that are numbers in front. */
const outputName = '[a-z](?:[a-z0-9_-]{0,62}[a-z0-9])?';

/**
 * The whole grammar of file keys: `<taskId>/source-<nonce>` and `<taskId>/<leaseNumber>-<nonce>/<output>`. No path is
 * ever built from a text that does not match, so no key can leave the store's folder.
 */
export const fileKeyPattern = new RegExp(`^${uuid}/(?:source-${nonce}|[1-9][0-9]{0,8}-${nonce}/${outputName})$`);

export const outputNamePattern = new RegExp(`^${outputName}$`);

/** Task ids, as they start a file key. */
export const taskIdPattern = new RegExp(`^${uuid}$`);

export function isFileKey(text: string): boolean {
  return fileKeyPattern.test(text);
}

/** The task that a valid key belongs to. */
export function taskIdOfKey(key: string): string {
  return key.slice(0, 36);
}

/** The lease under which an output was written; null for a source. */
export function leaseNumberOfKey(key: string): number | null {
  const part = key.slice(37).split('-', 1)[0]!;
  return part === 'source' ? null : Number(part);
}

/** A fresh key for a source: its nonce sees to it that no try ever meets another try's file. */
export function newSourceKey(taskId: string): string {
  return `${taskId}/source-${newNonce()}`;
}

/** A fresh prefix for the outputs of one try under one lease; the output's name completes the key. */
export function newOutputPrefix(taskId: string, leaseNumber: number): string {
  return `${taskId}/${leaseNumber}-${newNonce()}/`;
}

function newNonce(): string {
  return randomBytes(8).toString('hex');
}
