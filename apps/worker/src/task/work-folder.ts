import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newOutputPrefix, type FileReference, type FileStore, type Task } from '#contracts';
import type { ProcessedImage } from '../image/image-processor.js';

/** The source that arrived is not the source that was stored: the download is at fault, not the picture. */
export class DamagedDownload extends Error {
  override name = 'DamagedDownload';
}

export const workFolderPrefix = 'node-micro-';

/** About what one write should carry; a write for each chunk from the network would take longer than the download. */
const gatherBytes = 1024 ** 2;

/** The files of one attempt, in a folder of its own that is removed with it. */
export class WorkFolder implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly files: FileStore,
  ) {}

  static async create(parent: string, files: FileStore): Promise<WorkFolder> {
    return new WorkFolder(await mkdtemp(join(parent, workFolderPrefix)), files);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /**
   * Downloads the source and compares it with what the task says of it. @returns its path
   * @throws DamagedDownload, or a Problem of the file store
   */
  async download({ key, size, sha256 }: FileReference, signal: AbortSignal): Promise<string> {
    const path = join(this.path, 'source');
    // Before the download: one whose stream nobody reads would keep its connection.
    await using file = await open(path, 'w');
    const { stream } = await this.files.open(key, { signal });
    const hash = createHash('sha256');
    let received = 0;
    try {
      for await (const chunks of gather(stream as AsyncIterable<Buffer>)) {
        let missing = 0;
        for (const chunk of chunks) {
          hash.update(chunk);
          missing += chunk.length;
        }
        received += missing;
        missing -= (await file.writev(chunks)).bytesWritten;
        if (missing > 0) throw new Error('the work folder is full');
      }
    } catch (error) {
      signal.throwIfAborted();
      const reason = (error as Error).message;
      throw new DamagedDownload(`The download broke off after ${received} of ${size} bytes: ${reason}`, {
        cause: error,
      });
    }
    if (received === size && hash.digest('hex') === sha256) return path;
    throw new DamagedDownload(`The source arrived with ${received} bytes and another digest; it has ${size} bytes`);
  }

  /** Uploads an output under a key of this try alone. */
  async upload(task: Task, image: ProcessedImage, signal: AbortSignal): Promise<FileReference> {
    const { name, path, type, size, width, height } = image;
    const key = newOutputPrefix(task.id, task.leaseNumber) + name;
    const stored = await this.files.put(key, createReadStream(path, { highWaterMark: 256 * 1024 }), { size, signal });
    return { ...stored, type, name, width, height };
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
