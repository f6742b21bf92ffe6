import { isFinal, leaseNumberOfKey, Problem, taskIdOfKey, type FileStore, type Task, type TaskStore } from '#contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { MasterConfig } from '../config.js';
import { FILE_STORE, TASK_STORE } from '../stores.js';
import { Pairing } from './pairing.js';

/**
 * Removes files that no task needs: sources of uploads whose task never came to be, outputs of attempts that were
 * overtaken. Never pictures, which are not the files of a task. Idempotent, and safe with any number of masters.
 *
 * A file is touched only when it is old, and only when db and storage belong together: behind an empty or foreign db
 * every file would look like an orphan.
 */
@Injectable()
export class Janitor {
  private readonly logger = new Logger(Janitor.name);

  constructor(
    @Inject(TASK_STORE) private readonly tasks: TaskStore,
    @Inject(FILE_STORE) private readonly files: FileStore,
    private readonly pairing: Pairing,
    private readonly config: MasterConfig,
  ) {}

  /** One round over all old files. @returns how many were removed. @throws Problem `store-mismatch`, `service-unavailable` */
  async clean(): Promise<number> {
    await this.pairing.check();
    let removed = 0;
    let after: string | undefined;
    do {
      // Never from the page before: a file of this page may belong to a lease that was given since.
      const known: { id?: string; task?: Task | null } = {};
      const page = await this.files.list({ olderThanSeconds: this.config.orphanSeconds, after, limit: 200 });
      for (const { key } of page.files) {
        const id = taskIdOfKey(key);
        // A picture: any recipe to come may draw it.
        if (id === null) continue;
        // The files of a task follow each other, so one look at the task serves them all.
        if (known.id !== id) Object.assign(known, { id, task: await this.findTask(id) });
        if (!(await this.isOrphan(key, id, known.task ?? null))) continue;
        await this.files.delete(key);
        removed++;
      }
      after = page.next ?? undefined;
    } while (after !== undefined);
    if (removed > 0) this.logger.log(`Removed ${removed} orphan ${removed === 1 ? 'file' : 'files'}`);
    return removed;
  }

  private async isOrphan(key: string, id: string, task: Task | null): Promise<boolean> {
    if (task === null) return this.bury(id);
    if ([task.source, ...task.outputs].some((file) => file.key === key)) return false;
    return isFinal(task.state) || leaseNumberOfKey(key) !== task.leaseNumber;
  }

  /** True once no task with this id can come to be any more: a create may still be on its way. */
  private async bury(id: string): Promise<boolean> {
    try {
      await this.tasks.bury(id);
      return true;
    } catch (error) {
      if (Problem.is(error, 'wrong-state')) return false;
      throw error;
    }
  }

  private async findTask(id: string): Promise<Task | null> {
    try {
      return await this.tasks.get(id);
    } catch (error) {
      if (Problem.is(error, 'task-not-found')) return null;
      throw error;
    }
  }
}
