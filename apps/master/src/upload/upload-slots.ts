import { Problem } from '#contracts';
import { Injectable } from '@nestjs/common';
import { MasterConfig } from '../config.js';

const longestWaitMs = 30_000;

/**
 * Bounds the uploads that are received at the same time, and with them the memory they take. The others wait, first
 * come, first served, with their bodies unread: back-pressure holds their clients.
 */
@Injectable()
export class UploadSlots {
  private taken = 0;
  private readonly line = new Set<() => void>();

  constructor(private readonly config: MasterConfig) {}

  /**
   * Runs an upload in a slot.
   * @throws Problem `too-many-uploads` when none came free in time; the reason of the abort
   */
  async run<Result>(upload: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    await this.take(signal);
    try {
      return await upload();
    } finally {
      this.free();
    }
  }

  private async take(signal: AbortSignal): Promise<void> {
    if (this.taken < this.config.uploadSlots) {
      this.taken++;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const abort = (): void => turn.reject(signal.reason as Error);
    const timeout = setTimeout(
      () => turn.reject(new Problem('too-many-uploads', 'Too many uploads at once', { retryAfterSeconds: 5 })),
      longestWaitMs,
    );
    signal.addEventListener('abort', abort, { once: true });
    this.line.add(turn.resolve);
    try {
      await turn.promise;
    } finally {
      clearTimeout(timeout);
      signal.removeEventListener('abort', abort);
      this.line.delete(turn.resolve);
    }
  }

  /** Hands the slot to the next in line, which takes it over as it is. */
  private free(): void {
    const [next] = this.line;
    if (!next) return void this.taken--;
    this.line.delete(next);
    next();
  }
}
