import { createHash } from 'node:crypto';
import { open, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#chassis';
import {
  digestOfKey,
  isFileKey,
  Problem,
  resolveRange,
  taskIdPattern,
  type FileListQuery,
  type FilePage,
  type FileStore,
  type ListedFile,
  type OpenedFile,
  type OpenOptions,
  type PutOptions,
  type StoredFile,
} from '#contracts';
import { DurableFolders } from './durable-folders.js';
import { isErrno } from './errno.js';
import { fileNotFound, filePath, filesFolder } from './file-path.js';
import { walkFiles } from './file-walk.js';
import { StoreIdentity } from './store-identity.js';
import { TempFile } from './temp-file.js';
import { untilAborted } from './until-aborted.js';

const readBytes = 256 * 1024;
const longestPage = 1000;

/**
 * Files in a folder:
 *
 *     store.json                            the store's identity
 *     files/<shard>/<key>                   complete files of tasks; the shard is the end of the task id
 *     pictures/<sha256>                     complete pictures
 *     temp/                                 files in the making
 *
 * A body is written to `temp`, synced, and moved into place, so that under `files` there are whole files only, whatever
 * crashes. The folder belongs to one process, and that is what makes "create-only" hold: no two puts of this process
 * work on one key, and a put looks before it moves. (A hard link would refuse by itself, but OSv has none.) Should two
 * processes ever share a folder by mistake, the random nonce in the key of every file of a task still keeps them apart.
 */
export class DiskFileStore implements FileStore {
  private readonly keysInFlight = new Set<string>();

  private constructor(
    private readonly folders: DurableFolders,
    private readonly root: string,
    readonly tempFolder: string,
    private readonly maxBytes: number,
    private readonly clock: Clock,
    private readonly identity: StoreIdentity,
  ) {}

  /** Opens the store in a folder, made when it is not there. @param maxBytes the size of the largest file it takes. */
  static async open(root: string, maxBytes: number, clock: Clock): Promise<DiskFileStore> {
    const folders = new DurableFolders();
    const tempFolder = join(root, 'temp');
    await folders.make(filesFolder(root));
    await folders.make(tempFolder);
    const identity = await StoreIdentity.open(root, tempFolder, folders);
    return new DiskFileStore(folders, root, tempFolder, maxBytes, clock, identity);
  }

  /** The permanent id of this store. */
  get id(): string {
    return this.identity.id;
  }

  async put(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredFile> {
    const path = filePath(this.root, key);
    if (options.size !== undefined) this.checkLimit(options.size);
    if (this.keysInFlight.has(key)) throw fileExists(key);
    this.keysInFlight.add(key);
    try {
      await refuseExisting(key, path);
      return await this.receive(key, path, untilAborted(body, options.signal), options);
    } catch (error) {
      if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
        throw new Problem('storage-full', 'There is no room for the file', { retryAfterSeconds: 10, cause: error });
      }
      throw error;
    } finally {
      this.keysInFlight.delete(key);
    }
  }

  async open(key: string, { range, signal }: OpenOptions = {}): Promise<OpenedFile> {
    signal?.throwIfAborted();
    const handle = await open(filePath(this.root, key)).catch(notFound(key));
    try {
      const { size } = await handle.stat();
      const bytes = range ? resolveRange(range, size) : null;
      // The stream closes the handle, at its end or when it is destroyed.
      return { size, range: bytes, stream: handle.createReadStream({ ...bytes, highWaterMark: readBytes, signal }) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async size(key: string): Promise<number> {
    const { size } = await stat(filePath(this.root, key)).catch(notFound(key));
    return size;
  }

  async delete(key: string): Promise<void> {
    if (!isFileKey(key)) return;
    const path = filePath(this.root, key);
    await rm(path, { force: true });
    // The folders of the lease and of the task, when that was all they held; a folder that holds more refuses.
    const parts = key.split('/').length - 1;
    let folder = dirname(path);
    try {
      for (let number = 0; number < parts; number++, folder = dirname(folder)) await rmdir(folder);
    } catch {
      // An empty folder does no harm.
    }
  }

  async list({ taskId, olderThanSeconds = 0, after, limit = longestPage }: FileListQuery = {}): Promise<FilePage> {
    const files: ListedFile[] = [];
    if (taskId !== undefined && !taskIdPattern.test(taskId)) return { files, next: null };
    let seen = 0;
    let last = '';
    for await (const key of walkFiles(filesFolder(this.root), taskId, after)) {
      // A page may be short, even empty: files that are too young count as seen, or one page could read the whole tree.
      if (files.length === limit || seen === longestPage) return { files, next: last };
      seen++;
      last = key;
      const found = await stat(filePath(this.root, key)).catch(() => null);
      if (!found) continue;
      const ageSeconds = Math.max(0, (this.clock.now() - found.mtimeMs) / 1000);
      if (ageSeconds >= olderThanSeconds) files.push({ key, size: found.size, ageSeconds: Math.floor(ageSeconds) });
    }
    return { files, next: null };
  }

  owner(): Promise<string | null> {
    return Promise.resolve(this.identity.owner);
  }

  claim(taskStoreId: string): Promise<void> {
    return this.identity.claim(taskStoreId);
  }

  /** Writes a body to a temp file, checks it, and moves it into place; a temp file that fails is removed. */
  private async receive(
    key: string,
    path: string,
    body: AsyncIterable<Uint8Array>,
    { size: announced, sha256: announcedDigest, signal }: PutOptions,
  ): Promise<StoredFile> {
    const file = await TempFile.create(this.tempFolder);
    try {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of body) {
        size += chunk.length;
        this.checkLimit(size);
        hash.update(chunk);
        await file.write(chunk);
      }
      if (announced !== undefined && size !== announced) {
        throw new Problem('incomplete-body', `${announced} bytes were announced, and ${size} came`);
      }
      const sha256 = hash.digest('hex');
      for (const wanted of [announcedDigest, digestOfKey(key)]) {
        if (wanted === undefined || wanted === sha256) continue;
        throw new Problem('digest-mismatch', `The bytes have the SHA-256 ${sha256}, not ${wanted}`);
      }
      await file.complete();
      await refuseExisting(key, path);
      signal?.throwIfAborted();
      await this.folders.move(file.path, path).catch(async (error: unknown) => {
        // Moved, but not known to last: to its giver it is not stored, so nobody else may see it either.
        await rm(path, { force: true });
        throw error;
      });
      return { key, size, sha256 };
    } finally {
      await file.discard();
    }
  }

  private checkLimit(size: number): void {
    if (size > this.maxBytes) throw new Problem('payload-too-large', `A file may have ${this.maxBytes} bytes`);
  }
}

async function refuseExisting(key: string, path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  });
  if (found) throw fileExists(key);
}

function fileExists(key: string): Problem {
  return new Problem('file-exists', `There is a file ${key} already`);
}

function notFound(key: string): (error: unknown) => never {
  return (error) => {
    throw isErrno(error, 'ENOENT') ? fileNotFound(key) : error;
  };
}
