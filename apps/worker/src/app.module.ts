import { ChassisModule } from '#chassis';
import { HttpFileStore, HttpLeaseStore, type ServiceClient } from '#contracts';
import { RegistryModule, serviceClient } from '#registry';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { WorkerConfig } from './config.js';
import { ImageProcessor } from './image/image-processor.js';
import { LeaseReclaimer } from './lease/lease-reclaimer.js';
import { FILE_STORE, LEASE_STORE } from './stores.js';
import { TaskPoller } from './task/task-poller.js';
import { TaskRunner } from './task/task-runner.js';
import { WatermarkCache } from './task/watermark-cache.js';
import { WorkFolderSweeper } from './task/work-folder-sweeper.js';

/** Leases tasks from master and runs their recipes: start as many workers as you like. */
@Module({
  imports: [
    ChassisModule.forService('worker', WorkerConfig),
    RegistryModule.forService('master', 'storage'),
    ScheduleModule.forRoot(),
  ],
  providers: [
    {
      provide: LEASE_STORE,
      inject: [serviceClient('master')],
      useFactory: (master: ServiceClient) => new HttpLeaseStore(master),
    },
    {
      provide: FILE_STORE,
      inject: [serviceClient('storage')],
      useFactory: (storage: ServiceClient) => new HttpFileStore(storage),
    },
    ImageProcessor,
    WatermarkCache,
    TaskRunner,
    TaskPoller,
    LeaseReclaimer,
    WorkFolderSweeper,
  ],
})
export class AppModule {}
