import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger, type LoggerService } from '@nestjs/common';
import { onTestFinished } from 'vitest';
import { WorkerConfig } from '../src/config.js';

/** A worker's configuration, with a work folder that goes away with the test, and its log. */
export class WorkPlace {
  readonly config: WorkerConfig;
  readonly log: string[] = [];
  /** Those that were logged as they are, with their stacks. */
  readonly errors: Error[] = [];

  constructor(chosen: Partial<WorkerConfig> = {}) {
    const workFolder = mkdtempSync(join(tmpdir(), 'micro-worker-test-'));
    onTestFinished(() => rmSync(workFolder, { recursive: true, force: true }));
    this.config = Object.assign(new WorkerConfig(), { workFolder, slots: 2, ...chosen });
    const note = (message: unknown): number => this.log.push(String(message));
    const noteError = (message: unknown): void => {
      note(message);
      if (message instanceof Error) this.errors.push(message);
    };
    Logger.overrideLogger({ log: note, warn: note, error: noteError } satisfies LoggerService);
  }

  /** What lies in the work folder; nothing between two tasks. */
  get leftovers(): string[] {
    return readdirSync(this.config.workFolder, { recursive: true }).map(String);
  }
}
