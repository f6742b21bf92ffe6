import { Problem } from '#contracts';
import { Injectable } from '@nestjs/common';
import { MasterConfig } from '../config.js';

const longestWaitMs = 30_000;
/** A request that waits takes some 200 kB: its connection, and what the system had read of it before it was held. */
const longestLine = 500;

/**
 * Bounds the uploads that are received at the same time, and with them the memory they take. The others wait, first
 * come, first served, with their bodies unread: back-pressure holds their clients. The line is bounded, too.
 */
@Injectable()
export class UploadSlots {
  private taken = 0;
  private readonly line = new Set<() => void>();

  constructor(private readonly config: MasterConfig) {}

  /**
   * Runs an upload in a slot.
   * @throws Problem `too-many-uploads` when the line is full, or none came free in time; the reason of the abort
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
    if (this.line.size >= longestLine) throw tooMany();
    const turn = Promise.withResolvers<void>();
    const abort = (): void => turn.reject(signal.reason as Error);
    const timeout = setTimeout(() => turn.reject(tooMany()), longestWaitMs);
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

function tooMany(): Problem {
  return new Problem('too-many-uploads', 'Too many uploads at once', { retryAfterSeconds: 5 });
}
