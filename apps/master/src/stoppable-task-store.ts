import { HttpTaskStore, type GetOptions, type Lease, type LeaseRequest, type Task } from '#contracts';
import type { OnModuleDestroy } from '@nestjs/common';

/**
 * db as a `TaskStore` whose waits end when master is told to stop. The caller is then asked for once more, without a
 * wait, and answered with what there is: a task as it is, and a worker with the lease that db gave it just when the
 * wait ended, if it did.
 */
export class StoppableTaskStore extends HttpTaskStore implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  override next(request: LeaseRequest, signal?: AbortSignal): Promise<Lease | null> {
    return this.wait(request.waitMs, signal, (waitMs, ended) => super.next({ ...request, waitMs }, ended));
  }

  override get(id: string, { waitMs = 0, signal }: GetOptions = {}): Promise<Task> {
    return this.wait(waitMs, signal, (wait, ended) => super.get(id, { waitMs: wait, signal: ended }));
  }

  private async wait<Answer>(
    waitMs: number,
    signal: AbortSignal | undefined,
    ask: (waitMs: number, signal?: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const { signal: stop } = this.stopping;
    if (waitMs > 0 && !stop.aborted) {
      try {
        return await ask(waitMs, signal ? AbortSignal.any([signal, stop]) : stop);
      } catch (error) {
        if (error !== stop.reason) throw error;
      }
    }
    return ask(0, signal);
  }
}
