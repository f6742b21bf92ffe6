import type { FileStore, TaskStore } from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { FILE_STORE, TASK_STORE } from '../stores.js';

/**
 * Sees to it that db and storage belong together, for good: a new storage is claimed for its db before the first task
 * refers to a file in it. Behind another db, every file would look like an orphan.
 */
@Injectable()
export class Pairing {
  private paired = false;

  constructor(
    @Inject(TASK_STORE) private readonly tasks: TaskStore,
    @Inject(FILE_STORE) private readonly files: FileStore,
  ) {}

  /** @throws Problem `store-mismatch`, `service-unavailable` */
  async check(): Promise<void> {
    await this.files.claim(await this.tasks.storeId());
    this.paired = true;
  }

  /** Checks once: behind the same endpoints no other store is ever listened to. @throws as `check` */
  async ensure(): Promise<void> {
    if (!this.paired) await this.check();
  }
}
