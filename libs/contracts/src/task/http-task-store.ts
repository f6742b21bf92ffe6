import { queryString } from '../http/query-string.js';
import { HttpLeaseStore, taskPath } from '../lease/http-lease-store.js';
import type { Attempt, NewTask, Task } from './task.js';
import type { Created, GetOptions, QueueStats, TaskListQuery, TaskPage, TaskStore } from './task-store.js';

/** db as a `TaskStore`. */
export class HttpTaskStore extends HttpLeaseStore implements TaskStore {
  create(task: NewTask): Promise<Created> {
    return this.service.call({ method: 'POST', path: '/task', body: task });
  }

  async get(id: string, { waitMs, signal }: GetOptions = {}): Promise<Task> {
    const path = `${taskPath(id)}${queryString({ waitMs })}`;
    return this.service.call({ method: 'GET', path, waitMs, signal });
  }

  async attempts(id: string): Promise<Attempt[]> {
    return this.service.call({ method: 'GET', path: `${taskPath(id)}/attempts` });
  }

  list(query: TaskListQuery = {}): Promise<TaskPage> {
    return this.service.call({ method: 'GET', path: `/task${queryString(query)}` });
  }

  cancel(id: string): Promise<Task> {
    return this.post(id, 'cancel');
  }

  retry(id: string): Promise<Task> {
    return this.post(id, 'retry');
  }

  async delete(id: string, revision?: number): Promise<void> {
    const path = `${taskPath(id)}${queryString({ revision })}`;
    return this.service.call({ method: 'DELETE', path });
  }

  bury(id: string): Promise<void> {
    return this.post(id, 'bury');
  }

  settledBefore(ageSeconds: number): Promise<Task[]> {
    return this.service.call({ method: 'GET', path: `/task/settled${queryString({ ageSeconds })}` });
  }

  stats(): Promise<QueueStats> {
    return this.service.call({ method: 'GET', path: '/queue' });
  }

  async storeId(): Promise<string> {
    const { id } = await this.service.call<{ id: string }>({ method: 'GET', path: '/store' });
    return id;
  }
}
