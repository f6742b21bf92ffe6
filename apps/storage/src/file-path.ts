import { join } from 'node:path';
import { isFileKey, Problem, taskIdOfKey } from '#contracts';

/** The folder of the files of tasks. */
export function filesFolder(root: string): string {
  return join(root, 'files');
}

/**
 * The path of a key's file: `<root>/files/<shard>/<key>`, and `<root>/<key>` for a picture, of which there are few. The
 * guard of the whole store: every path of a file is made here, and none from a text outside of the grammar.
 * @throws Problem `file-not-found` for such a text.
 */
export function filePath(root: string, key: string): string {
  if (!isFileKey(key)) throw fileNotFound(key);
  const taskId = taskIdOfKey(key);
  return taskId === null ? join(root, key) : join(filesFolder(root), shardOf(taskId), key);
}

/** The last two characters of a task id: random in any version of UUID, so that shards fill evenly. */
export function shardOf(taskId: string): string {
  return taskId.slice(-2);
}

export function fileNotFound(key: string): Problem {
  return new Problem('file-not-found', `There is no file ${JSON.stringify(key.slice(0, 200))}`);
}
