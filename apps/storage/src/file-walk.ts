import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { taskFileKeyPattern, taskIdOfKey } from '#contracts';
import { isErrno } from './errno.js';
import { shardOf } from './file-path.js';

/**
 * The keys of the files of tasks below `files`, of one task or of all, in store order: by shard, then by the parts of the key.
 * Starts behind the key `after`, and reads a folder only when it gets there, so that a page costs about what it shows.
 */
export async function* walkFiles(files: string, taskId?: string, after?: string): AsyncGenerator<string> {
  const start = after === undefined ? [] : [shardOf(taskIdOfKey(after)!), ...after.split('/')];
  const only = taskId === undefined ? [] : [shardOf(taskId), taskId];
  for await (const [shard, ...parts] of walk(files, only, start)) {
    const key = parts.join('/');
    // Whatever else lies there was not put there by the store.
    if (taskFileKeyPattern.test(key) && shard === shardOf(taskIdOfKey(key)!)) yield key;
  }
}

/** The paths, in parts, of the files of a folder: below `only` where it says a name, and strictly behind `start`. */
async function* walk(folder: string, only: string[], start: string[]): AsyncGenerator<string[]> {
  for (const { name, isFolder } of await entries(folder, only[0])) {
    if (start[0] !== undefined && name < start[0]) continue;
    const atStart = name === start[0];
    if (isFolder) {
      const below = walk(join(folder, name), only.slice(1), atStart ? start.slice(1) : []);
      for await (const parts of below) yield [name, ...parts];
    } else if (!atStart) {
      yield [name];
    }
  }
}

async function entries(folder: string, only?: string): Promise<{ name: string; isFolder: boolean }[]> {
  if (only !== undefined) return [{ name: only, isFolder: true }];
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch (error) {
    // Removed since its parent was read, or never made.
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
