import { randomBytes } from 'node:crypto';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const nonce = '[0-9a-f]{16}';
/** The names an output may have: the last part of a file key. A letter first: JSON puts names that are numbers in front. */
const outputName = '[a-z](?:[a-z0-9_-]{0,62}[a-z0-9])?';

const taskFile = `${uuid}/(?:source-${nonce}|[1-9][0-9]{0,8}-${nonce}/${outputName})`;
const pictureFolder = 'pictures/';
const picture = `${pictureFolder}[0-9a-f]{64}`;

/** The files of tasks: `<taskId>/source-<nonce>` and `<taskId>/<leaseNumber>-<nonce>/<output>`. */
export const taskFileKeyPattern = new RegExp(`^${taskFile}$`);

/** The pictures that recipes draw, which belong to no task: `pictures/<SHA-256 of the bytes>`. */
export const pictureKeyPattern = new RegExp(`^${picture}$`);

/**
 * The whole grammar of file keys. No path is ever built from a text that does not match, so no key can leave the store's
 * folder.
 */
export const fileKeyPattern = new RegExp(`^(?:${taskFile}|${picture})$`);

export const outputNamePattern = new RegExp(`^${outputName}$`);

/** Task ids, as they start a file key. */
export const taskIdPattern = new RegExp(`^${uuid}$`);

export function isFileKey(text: string): boolean {
  return fileKeyPattern.test(text);
}

/** The task that a valid key belongs to; null for a picture. */
export function taskIdOfKey(key: string): string | null {
  return key.startsWith(pictureFolder) ? null : key.slice(0, 36);
}

/** The key of a picture, which is the same for the same bytes. @param sha256 lower-case hex */
export function pictureKey(sha256: string): string {
  return pictureFolder + sha256;
}

/** Lower-case hex of the SHA-256 that a valid key asks of the bytes; undefined for the file of a task, which may be any. */
export function digestOfKey(key: string): string | undefined {
  return key.startsWith(pictureFolder) ? key.slice(pictureFolder.length) : undefined;
}

/** The lease under which an output was written; null for a source. Of the file of a task. */
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
