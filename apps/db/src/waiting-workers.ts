import type { Lease, LeaseRequest } from '#contracts';

interface WaitingWorker {
  request: LeaseRequest;
  answer: (lease: Lease | null) => void;
  refuse: (error: unknown) => void;
}

/**
 * The long polls for tasks, first come, first served.
 *
 * A worker that waits is asked for nothing; `wake` is called when a task has become available and serves as many
 * workers as there are tasks. While workers wait, a timer wakes them for the next task whose backoff ends. An aborted
 * wait leaves the line at once, so it takes no task.
 */
export class WaitingWorkers {
  private readonly line = new Set<WaitingWorker>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /**
   * @param take leases a task, or answers null when none is available
   * @param nextAvailableInMs when the next task becomes available by itself; null when none will
   */
  constructor(
    private readonly take: (request: LeaseRequest) => Lease | null,
    private readonly nextAvailableInMs: () => number | null,
  ) {}

  /** A task as soon as there is one; null after `waitMs`, when aborted, or when the store is closing. */
  wait(request: LeaseRequest, signal?: AbortSignal): Promise<Lease | null> {
    if (this.stopped || signal?.aborted) return Promise.resolve(null);
    const { promise, resolve, reject } = Promise.withResolvers<Lease | null>();
    const worker: WaitingWorker = { request, answer: resolve, refuse: reject };
    const leave = (): void => {
      // At once, not when the promise is heard of: a task that comes in this very moment must go to another.
      this.line.delete(worker);
      resolve(null);
    };
    const timeout = setTimeout(leave, request.waitMs);
    signal?.addEventListener('abort', leave, { once: true });
    this.line.add(worker);
    this.setTimer();
    return promise.finally(() => {
      clearTimeout(timeout);
      signal?.removeEventListener('abort', leave);
    });
  }

  /** Serves the workers in line with the tasks that are available. */
  wake(): void {
    for (const worker of this.line) {
      try {
        const lease = this.take(worker.request);
        if (!lease) break;
        this.line.delete(worker);
        worker.answer(lease);
      } catch (error) {
        this.line.delete(worker);
        worker.refuse(error);
      }
    }
    this.setTimer();
  }

  /** Answers everybody with nothing; for the shutdown. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const worker of this.line) worker.answer(null);
    this.line.clear();
  }

  private setTimer(): void {
    clearTimeout(this.timer);
    const inMs = this.line.size > 0 && !this.stopped ? this.nextAvailableInMs() : null;
    // A millisecond more: a timer may fire a little early, and would find nothing.
    if (inMs !== null) this.timer = setTimeout(() => this.wake(), Math.max(inMs, 0) + 1);
  }
}
