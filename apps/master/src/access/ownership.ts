import { Problem, type TaskStore } from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { TASK_STORE } from '../stores.js';

/** Sees to it that clients reach their own tasks only: for them, another owner's task does not exist. */
@Injectable()
export class Ownership {
  constructor(@Inject(TASK_STORE) private readonly tasks: TaskStore) {}

  /**
   * A task's owner never changes, so what is done to the task after this check needs no other.
   * @param owner null may reach the tasks of all owners
   * @throws Problem `task-not-found`
   */
  async require(id: string, owner: string | null): Promise<void> {
    if (owner === null) return;
    const task = await this.tasks.get(id);
    if (task.owner !== owner) throw new Problem('task-not-found', `There is no task ${id}`);
  }
}
