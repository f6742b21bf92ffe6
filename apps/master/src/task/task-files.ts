import { Problem, type FileReference, type FileStore, type TaskStore } from '#contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { FILE_STORE, TASK_STORE } from '../stores.js';

/** The files of a task. */
@Injectable()
export class TaskFiles {
  private readonly logger = new Logger(TaskFiles.name);

  constructor(
    @Inject(TASK_STORE) private readonly tasks: TaskStore,
    @Inject(FILE_STORE) private readonly files: FileStore,
  ) {}

  /**
   * An output of a finished task, and the source it was made from.
   * @param name the output's name in the recipe; without one, the first output
   * @throws Problem `task-not-found`, `not-finished`, `output-not-found`
   */
  async output(id: string, name?: string): Promise<{ output: FileReference; source: FileReference }> {
    const { state, outputs, source, error } = await this.tasks.get(id);
    if (state !== 'finished') {
      const reason = state === 'failed' ? `: ${error?.code}: ${error?.detail}` : '';
      throw new Problem('not-finished', `Task ${id} is ${state}${reason}`);
    }
    const output = name === undefined ? outputs[0] : outputs.find((candidate) => candidate.name === name);
    if (output) return { output, source };
    const names = outputs.map((candidate) => candidate.name).join(', ');
    throw new Problem('output-not-found', `Task ${id} has no output "${name}"; it has ${names}`);
  }

  /** The uploaded image. @throws Problem `task-not-found` */
  async source(id: string): Promise<FileReference> {
    return (await this.tasks.get(id)).source;
  }

  /** Removes all files of a deleted task. What cannot be removed now is left to the janitor. */
  async deleteAll(id: string): Promise<void> {
    try {
      let after: string | undefined;
      do {
        const { files, next } = await this.files.list({ taskId: id, after, limit: 1000 });
        for (const { key } of files) await this.files.delete(key);
        after = next ?? undefined;
      } while (after !== undefined);
    } catch (error) {
      this.logger.warn(`The files of ${id} are left to the janitor: ${(error as Error).message}`);
    }
  }
}
