import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { newOutputPrefix, type FileReference, type FileStore, type Task } from '#contracts';
import type { ProcessedImage } from '../image/image-processor.js';
import { LocalFault, localFault, locally } from '../local-fault.js';

/**
 * The source that arrived is not the source that was stored: the download is at fault, not the picture. Its message is
 * for clients, its cause is not.
 */
export class DamagedDownload extends Error {
  override name = 'DamagedDownload';
}

export const workFolderPrefix = 'node-micro-';

/** About what one write should carry; a write for each chunk from the network would take longer than the download. */
const gatherBytes = 1024 ** 2;
const readBytes = 256 * 1024;

/** A disk with so much room, or half of it free, takes what most tasks need. */
const roomBytes = 256 * 1024 ** 2;
const roomPart = 0.5;

/** The files of one attempt, in a folder of its own that is removed with it. */
export class WorkFolder implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly files: FileStore,
  ) {}

  /** @throws LocalFault */
  static async create(parent: string, files: FileStore): Promise<WorkFolder> {
    return new WorkFolder(await locally(mkdtemp(join(parent, workFolderPrefix))), files);
  }

  /** Whether the disk has room, now that a task has removed its files: what did not fit was itself too large then. */
  static async hasRoom(parent: string): Promise<boolean> {
    const { bavail, blocks, bsize, files, ffree } = await statfs(parent);
    // Some file systems have no fixed number of files, and say 0.
    const hasFiles = files === 0 || ffree > 0;
    return hasFiles && (bavail * bsize > roomBytes || bavail > blocks * roomPart);
  }

  /** What cannot be removed is left to the sweeper: it must not hide how the work ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true }).catch(() => undefined);
  }

  /**
   * Downloads the source and compares it with what the task says of it. @returns its path
   * @throws DamagedDownload, LocalFault, or a Problem of the file store
   */
  async download({ key, size, sha256 }: FileReference, signal: AbortSignal): Promise<string> {
    const path = join(this.path, 'source');
    // Before the download: one whose stream nobody reads would keep its connection.
    await using file = await locally(open(path, 'w'));
    const { stream } = await this.files.open(key, { signal });
    const hash = createHash('sha256');
    let received = 0;
    try {
      for await (const chunks of gather(stream as AsyncIterable<Buffer>)) {
        for (const chunk of chunks) hash.update(chunk);
        received += await write(file, chunks);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LocalFault) throw error;
      throw new DamagedDownload(`The download broke off after ${received} of ${size} bytes`, { cause: error });
    }
    if (received === size && hash.digest('hex') === sha256) return path;
    throw new DamagedDownload(`The source arrived with ${received} bytes and another digest; it has ${size} bytes`);
  }

  /** Uploads an output under a key of this try alone. @throws LocalFault, or a Problem of the file store */
  async upload(task: Task, image: ProcessedImage, signal: AbortSignal): Promise<FileReference> {
    const { name, path, type, size, width, height, facts } = image;
    const key = newOutputPrefix(task.id, task.leaseNumber) + name;
    const stored = await this.files.put(key, bytesOf(path), { size, signal });
    return { ...stored, type, name, width, height, ...(facts && { facts }) };
  }
}

/** Writes all chunks. @returns how many bytes they are @throws LocalFault */
async function write(file: FileHandle, chunks: Buffer[]): Promise<number> {
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await locally(file.writev(chunks));
  if (bytesWritten < bytes) throw new LocalFault('No space left in the work folder');
  return bytes;
}

/**
 * The bytes of a file, which is opened when they are first asked for: when no storage is known, nobody asks for them, and
 * nobody would close it.
 * @throws LocalFault
 */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: readBytes }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw localFault(error) ?? error;
  }
}

/** The chunks of a stream, about `gatherBytes` of them at a time. */
async function* gather(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < gatherBytes) continue;
    yield chunks;
    [chunks, bytes] = [[], 0];
  }
  if (chunks.length > 0) yield chunks;
}
