import { ChassisModule, Clock } from '#chassis';
import { LEASE_STORE, LeaseController } from '#contracts';
import { RegistryModule } from '#registry';
import { Module } from '@nestjs/common';
import { DbConfig } from './config.js';
import { Reclaimer } from './reclaimer.js';
import { SqliteTaskStore } from './sqlite/sqlite-task-store.js';
import { Standstill } from './standstill.js';
import { TaskController } from './task.controller.js';
import { TaskStoreLifecycle } from './task-store.lifecycle.js';

/** The task store. */
@Module({
  imports: [ChassisModule.forService('db', DbConfig), RegistryModule.forService()],
  controllers: [LeaseController, TaskController],
  providers: [
    {
      provide: SqliteTaskStore,
      inject: [DbConfig, Clock],
      useFactory: ({ file, policy }: DbConfig, clock: Clock) =>
        new SqliteTaskStore(file, policy, clock, Math.random, new Standstill()),
    },
    { provide: LEASE_STORE, useExisting: SqliteTaskStore },
    TaskStoreLifecycle,
    Reclaimer,
  ],
})
export class AppModule {}
