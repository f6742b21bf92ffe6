/** Those who wait for a task to come to its final state, or to be deleted. */
export class SettlementWatch {
  private readonly watchers = new Map<string, Set<() => void>>();
  private stopped = false;

  /** Resolves when the task settles, after `waitMs`, or when aborted; the caller looks which. */
  wait(id: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    if (this.stopped || signal?.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const leave = (): void => resolve();
    const timeout = setTimeout(resolve, waitMs);
    signal?.addEventListener('abort', leave, { once: true });
    const watchers = this.watchers.get(id) ?? new Set();
    this.watchers.set(id, watchers.add(resolve));
    return promise.finally(() => {
      clearTimeout(timeout);
      signal?.removeEventListener('abort', leave);
      watchers.delete(resolve);
      if (watchers.size === 0 && this.watchers.get(id) === watchers) this.watchers.delete(id);
    });
  }

  settled(id: string): void {
    for (const resolve of this.watchers.get(id) ?? []) resolve();
  }

  /** Answers everybody, and whoever comes later; for the shutdown. */
  stop(): void {
    this.stopped = true;
    for (const id of this.watchers.keys()) this.settled(id);
  }
}
