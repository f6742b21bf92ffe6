import { randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One write for about this many bytes: many small writes cost more than the memory they save, and larger ones save
 * little time. Where many uploads come at once, each holds about twice as much.
 */
const gatherBytes = 256 * 1024;
/** As many chunks as one system call takes; also bounds what chunks of a byte or two cost. */
const gatherChunks = 1024;

/** A file in the making, in the store's `temp` folder until it is complete and synced. */
export class TempFile {
  private gathered: Uint8Array[] = [];
  private gatheredBytes = 0;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(folder: string): Promise<TempFile> {
    const path = join(folder, randomUUID());
    return new TempFile(path, await open(path, 'wx'));
  }

  /** Takes a chunk, which its giver must not change any more. Resolves when the next one may come. */
  async write(chunk: Uint8Array): Promise<void> {
    this.gathered.push(chunk);
    this.gatheredBytes += chunk.length;
    if (this.gatheredBytes >= gatherBytes || this.gathered.length >= gatherChunks) await this.flush();
  }

  /** Writes what is left and makes it last; the file is then ready to be moved. */
  async complete(): Promise<void> {
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
  }

  /** Removes the file, complete or not, unless it was moved. Never fails: what resists is left to the sweeper. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.path, { force: true }).catch(() => undefined);
  }

  private async flush(): Promise<void> {
    let chunks = this.gathered.filter(({ length }) => length > 0);
    this.gathered = [];
    this.gatheredBytes = 0;
    // A disk that is nearly full takes a part, and says that it is full only when asked again.
    while (chunks.length > 0) chunks = after((await this.handle.writev(chunks)).bytesWritten, chunks);
  }
}

/** The chunks without their first `count` bytes. */
function after(count: number, chunks: Uint8Array[]): Uint8Array[] {
  const index = chunks.findIndex(({ length }) => {
    if (count < length) return true;
    count -= length;
    return false;
  });
  return index < 0 ? [] : [chunks[index]!.subarray(count), ...chunks.slice(index + 1)];
}
