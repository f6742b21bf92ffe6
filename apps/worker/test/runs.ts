import { requestContext, type Lease, type Task } from '#contracts';
import type { LocalFault } from '../src/local-fault.js';

/** The runs that the poller has begun; a test ends them. */
export class Runs {
  readonly begun: {
    task: Task;
    token: string;
    drain: AbortSignal;
    requestId?: string;
    end: (fault?: LocalFault) => void;
  }[] = [];
  /** The ids of those whose turn has come. */
  readonly atWork: string[] = [];

  run({ task }: Lease, token: string, drain: AbortSignal, turn: Promise<unknown>): Promise<LocalFault | null> {
    const { promise, resolve } = Promise.withResolvers<LocalFault | null>();
    const end = (fault?: LocalFault): void => resolve(fault ?? null);
    this.begun.push({ task, token, drain, requestId: requestContext.getStore()?.requestId, end });
    void turn.then(() => this.atWork.push(task.id));
    return promise;
  }

  readonly released: { task: Task; token: string }[] = [];

  async release(task: Task, token: string): Promise<void> {
    this.released.push({ task, token });
  }

  get ids(): string[] {
    return this.begun.map(({ task }) => task.id);
  }
}

/** After everything that is on its way already. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
