import type { FileReference, Task } from '#contracts';
import type { System } from './system.js';

/** Every task of a system, as db keeps it, newest first. */
export async function allTasks(system: System): Promise<Task[]> {
  const tasks: Task[] = [];
  let after: string | null = '';
  while (after !== null) {
    const page = (await system.internal('db', `/task?limit=200${after && `&after=${after}`}`)) as {
      tasks: Task[];
      next: string | null;
    };
    tasks.push(...page.tasks);
    after = page.next;
  }
  return tasks;
}

/** Stored files that no task refers to, temp files included. */
export async function unneededFiles(system: System): Promise<string[]> {
  const needed = new Set<string>();
  for (const { source, outputs } of await allTasks(system)) {
    for (const { key } of [source, ...outputs] as FileReference[]) needed.add(key);
  }
  const stored = await system.storedFiles();
  return stored.filter((path) => !needed.has(path.split('/files/')[1]?.slice(3) ?? ''));
}
