import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Clock } from '#chassis';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { WorkerConfig } from '../config.js';
import { workFolderPrefix } from './work-folder.js';

/** No attempt lasts so long, so an older folder is one whose worker was killed. */
const abandonedMs = 24 * 3_600_000;

/** Removes, at the start of a worker, the work folders that killed workers left behind. */
@Injectable()
export class WorkFolderSweeper implements OnApplicationBootstrap {
  private readonly logger = new Logger('Worker');

  constructor(
    private readonly config: WorkerConfig,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.sweep().catch((error: Error) => this.logger.warn(`Old work folders stay: ${error.message}`));
  }

  async sweep(): Promise<void> {
    const { workFolder } = this.config;
    const names = await readdir(workFolder);
    for (const name of names.filter((candidate) => candidate.startsWith(workFolderPrefix))) {
      const path = join(workFolder, name);
      const found = await stat(path).catch(() => null);
      if (found && this.clock.now() - found.mtimeMs > abandonedMs) await rm(path, { recursive: true, force: true });
    }
  }
}
