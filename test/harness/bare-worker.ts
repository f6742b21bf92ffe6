import { newLeaseToken, newOutputPrefix, type FileReference, type Task } from '#contracts';
import { serviceToken } from './system.js';

export interface WorkerAnswer {
  status: number;
  /** Null when it is empty. */
  body: unknown;
}

/** A worker by hand: makes one call of master's worker routes at a time, and no outputs. */
export class BareWorker {
  /** @param endpoint `host:port` of master */
  constructor(private readonly endpoint: () => Promise<string>) {}

  async call(path: string, body: unknown = {}): Promise<WorkerAnswer> {
    const response = await fetch(`http://${await this.endpoint()}/task/${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${serviceToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  next(token: string, waitMs = 0): Promise<WorkerAnswer> {
    return this.call('next', { worker: 'bare', token, waitMs });
  }

  /** Leases the next task, waiting for it. @throws Error when none comes */
  async lease(): Promise<{ task: Task; token: string }> {
    const token = newLeaseToken();
    const { status, body } = await this.next(token, 20_000);
    if (status !== 200) throw new Error(`no lease: ${status} ${JSON.stringify(body)}`);
    return { task: (body as { task: Task }).task, token };
  }
}

/** An output of a task's current lease, which nobody has stored. */
export function outputOf({ id, leaseNumber }: Task): FileReference {
  const key = `${newOutputPrefix(id, leaseNumber)}image`;
  return { key, size: 1, type: 'image/png', sha256: '0'.repeat(64), name: 'image', width: 1, height: 1 };
}
