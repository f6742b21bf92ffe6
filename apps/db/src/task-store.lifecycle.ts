import { ServiceIdentity } from '#chassis';
import { Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { SqliteTaskStore } from './sqlite/sqlite-task-store.js';

/** Tells the service's identity which store is behind it; ends the waits when a shutdown begins, and closes the store at its end. */
@Injectable()
export class TaskStoreLifecycle implements OnModuleDestroy, OnApplicationShutdown {
  constructor(
    private readonly store: SqliteTaskStore,
    identity: ServiceIdentity,
  ) {
    identity.storeId = store.id;
  }

  onModuleDestroy(): void {
    this.store.stop();
  }

  onApplicationShutdown(): void {
    this.store.close();
  }
}
