import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** Puts other bytes in the place of some of a file's, in a new file of the same name. */
export async function spliceFile(path: string, at: number, removed: number, inserted: Buffer): Promise<void> {
  // No output has a name with a dot.
  const next = `${path}.new`;
  await pipeline(async function* () {
    if (at > 0) yield* createReadStream(path, { end: at - 1 }) as AsyncIterable<Buffer>;
    yield inserted;
    yield* createReadStream(path, { start: at + removed }) as AsyncIterable<Buffer>;
  }, createWriteStream(next));
  await rename(next, path);
}

/** Changes a file in its place. */
export async function changeFile<Result>(path: string, change: (file: FileHandle) => Promise<Result>): Promise<Result> {
  await using file = await open(path, 'r+');
  return await change(file);
}
