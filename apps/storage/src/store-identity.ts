import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '#contracts';
import type { DurableFolders } from './durable-folders.js';
import { isErrno } from './errno.js';
import { TempFile } from './temp-file.js';

interface Content {
  id: string;
  owner: string | null;
}

/** Who the store is and whose it is, kept in `store.json` beside the files. */
export class StoreIdentity {
  private turn: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly tempFolder: string,
    private readonly folders: DurableFolders,
    private content: Content,
  ) {}

  /** Reads the identity of a store; a new store is given one. */
  static async open(root: string, tempFolder: string, folders: DurableFolders): Promise<StoreIdentity> {
    const path = join(root, 'store.json');
    const known = await read(path);
    const identity = new StoreIdentity(path, tempFolder, folders, known ?? { id: randomUUID(), owner: null });
    if (!known) await identity.save(identity.content);
    return identity;
  }

  /** Permanent, made at the store's first start. */
  get id(): string {
    return this.content.id;
  }

  /** The id of the task store that this store belongs to; null before the first `claim`. */
  get owner(): string | null {
    return this.content.owner;
  }

  /** @throws Problem `store-mismatch` when the store belongs to another. */
  claim(owner: string): Promise<void> {
    // One after the other, so that of two claims at the same time the second sees the first.
    const claimed = this.turn.then(async () => {
      if (this.owner === owner) return;
      if (this.owner) throw new Problem('store-mismatch', `This file store belongs to task store ${this.owner}`);
      await this.save({ ...this.content, owner });
    });
    this.turn = claimed.catch(() => undefined);
    return claimed;
  }

  private async save(content: Content): Promise<void> {
    const file = await TempFile.create(this.tempFolder);
    try {
      await file.write(Buffer.from(`${JSON.stringify(content)}\n`));
      await file.complete();
      await this.folders.move(file.path, this.path);
    } finally {
      await file.discard();
    }
    this.content = content;
  }
}

async function read(path: string): Promise<Content | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const { id, owner } = JSON.parse(text) as Content;
    if (typeof id === 'string' && (typeof owner === 'string' || owner === null)) return { id, owner };
  } catch {
    // Not JSON: told below.
  }
  // A new identity would cut the files off from their task store, so a person must look.
  throw new Error(`${path} cannot be read as the identity of a file store`);
}
