import { taskIdPattern } from '../file/file-key.js';
import type { FileReference } from '../file/file-reference.js';
import type { ServiceClient } from '../http/service-client.js';
import { Problem } from '../problem/problem.js';
import type { Failure, Lease, LeaseRequest, Reclaimed, Renewal, Settlement } from './lease.js';
import type { LeaseStore } from './lease-store.js';

/** The lease routes of a service, db or master, as a `LeaseStore`. */
export class HttpLeaseStore implements LeaseStore {
  constructor(protected readonly service: ServiceClient) {}

  async next(request: LeaseRequest, signal?: AbortSignal): Promise<Lease | null> {
    const { waitMs } = request;
    const lease = await this.service.call<Lease | undefined>({
      method: 'POST',
      path: '/task/next',
      body: request,
      waitMs,
      signal,
    });
    return lease ?? null;
  }

  renew(id: string, token: string, stage?: string): Promise<Renewal> {
    return this.post(id, 'renew', { token, stage });
  }

  finish(id: string, token: string, outputs: FileReference[]): Promise<Settlement> {
    return this.post(id, 'finish', { token, outputs });
  }

  fail(id: string, token: string, failure: Failure): Promise<Settlement> {
    return this.post(id, 'fail', { token, ...failure });
  }

  release(id: string, token: string): Promise<Settlement> {
    return this.post(id, 'release', { token });
  }

  reclaim(): Promise<Reclaimed> {
    return this.service.call({ method: 'POST', path: '/task/reclaim' });
  }

  protected async post<Answer>(id: string, action: string, body?: unknown): Promise<Answer> {
    return this.service.call({ method: 'POST', path: `${taskPath(id)}/${action}`, body });
  }
}

/**
 * A task's path. An id needs no escapes; any other text must not become a path: one like `..` or `settled` would name
 * another route. It is the id of no task.
 * @throws Problem `task-not-found`
 */
export function taskPath(id: string): string {
  if (taskIdPattern.test(id)) return `/task/${id}`;
  throw new Problem('task-not-found', `There is no task ${id.slice(0, 100)}`);
}
