import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#chassis';
import { Logger } from '@nestjs/common';
import { isErrno } from './errno.js';

const hourMs = 3_600_000;

/**
 * Removes what crashes left in the `temp` folder: once at the start and then every hour or sooner, and only by age. A start
 * alone says nothing about a file: another process may be handing the folder over while it finishes its uploads.
 */
export class TempFileSweeper {
  private readonly logger = new Logger(TempFileSweeper.name);
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
    /** No upload writes nothing for so long, so an older temp file is one whose process has died. */
    private readonly abandonedMs: number,
  ) {}

  start(): void {
    if (this.timer) return;
    this.timer = setInterval(() => void this.sweepQuietly(), Math.min(hourMs, this.abandonedMs)).unref();
    void this.sweepQuietly();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Removes the abandoned files, and says how many there were. */
  async sweep(): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.folder))
      removed += (await this.removeIfAbandoned(join(this.folder, name))) ? 1 : 0;
    return removed;
  }

  private async removeIfAbandoned(path: string): Promise<boolean> {
    try {
      const { mtimeMs } = await stat(path);
      if (this.clock.now() - mtimeMs < this.abandonedMs) return false;
      await rm(path);
      return true;
    } catch (error) {
      // Completed, or given up, just now.
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  private async sweepQuietly(): Promise<void> {
    try {
      const removed = await this.sweep();
      if (removed > 0) this.logger.log(`Removed ${removed} abandoned temp files`);
    } catch (error) {
      this.logger.error(error, 'The temp folder could not be swept');
    }
  }
}
