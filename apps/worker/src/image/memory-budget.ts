import { ImageFailure } from './image-failure.js';

interface Waiting {
  bytes: number;
  begin: () => void;
}

/**
 * The memory of all images that are processed at the same time. Large ones wait until there is room for them, in the
 * order in which they come; only what would not even fit alone is refused.
 */
export class MemoryBudget {
  private free: number;
  private waiting: Waiting[] = [];

  /** @param bytes what all images together may take */
  constructor(private readonly bytes: number) {
    this.free = bytes;
  }

  /**
   * Does work that takes so many bytes, once they are free. It must not ask for more itself: two of that kind could wait
   * for each other.
   * @param signal ends the wait, and not the work
   * @throws ImageFailure `too-much-memory` for more than there is at all; the reason of the abort
   */
  async run<Result>(bytes: number, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (bytes > this.bytes) throw tooMuch(bytes, this.bytes);
    await this.take(bytes, signal);
    try {
      return await work();
    } finally {
      this.free += bytes;
      this.serve();
    }
  }

  private async take(bytes: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { bytes, begin: resolve };
    const abort = (): void => {
      this.waiting = this.waiting.filter((other) => other !== waiting);
      reject(signal!.reason as Error);
      this.serve();
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.waiting.push(waiting);
    this.serve();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** In their order: a large one that others overtook could wait for ever. */
  private serve(): void {
    while (this.waiting.length > 0 && this.waiting[0]!.bytes <= this.free) {
      const { bytes, begin } = this.waiting.shift()!;
      this.free -= bytes;
      begin();
    }
  }
}

function tooMuch(bytes: number, allowed: number): ImageFailure {
  return new ImageFailure(
    'too-much-memory',
    `The picture may take ${Math.ceil(bytes / 1e6)} MB of memory with this recipe; ` +
      `at most ${Math.floor(allowed / 1e6)} MB are allowed`,
  );
}
