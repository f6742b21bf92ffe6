import { Problem, type TaskStore } from '#contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { MasterConfig } from '../config.js';
import { TASK_STORE } from '../stores.js';
import { TaskFiles } from '../task/task-files.js';

/**
 * Deletes finished, failed and cancelled tasks past their time, with their files. Each is deleted only at the revision
 * at which it was seen to be past it: one that is retried in that moment stays. Safe with any number of masters.
 */
@Injectable()
export class Retention {
  private readonly logger = new Logger(Retention.name);

  constructor(
    @Inject(TASK_STORE) private readonly tasks: TaskStore,
    private readonly files: TaskFiles,
    private readonly config: MasterConfig,
  ) {}

  /** One round over all tasks past their time. @returns how many were deleted */
  async clean(): Promise<number> {
    const { retentionSeconds } = this.config;
    if (retentionSeconds === null) return 0;
    let deleted = 0;
    for (;;) {
      const page = await this.tasks.settledBefore(retentionSeconds);
      const gone = await Promise.all(page.map(({ id, revision }) => this.delete(id, revision)));
      const count = gone.filter(Boolean).length;
      deleted += count;
      // A page on which nothing could be deleted would come again and again.
      if (count === 0) break;
    }
    if (deleted > 0) this.logger.log(`Deleted ${deleted} ${deleted === 1 ? 'task' : 'tasks'} past their time`);
    return deleted;
  }

  private async delete(id: string, revision: number): Promise<boolean> {
    try {
      await this.tasks.delete(id, revision);
    } catch (error) {
      if (Problem.is(error, 'wrong-state', 'task-not-found')) return false;
      throw error;
    }
    await this.files.deleteAll(id);
    return true;
  }
}
