import { ChassisModule } from '#chassis';
import { HttpFileStore, LEASE_STORE, LeaseController, RecipeBook, type ServiceClient } from '#contracts';
import { RegistryModule, serviceClient } from '#registry';
import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { ApiKeys } from './access/api-keys.js';
import { Ownership } from './access/ownership.js';
import { RequestRate } from './access/request-rate.js';
import { MasterConfig } from './config.js';
import { DownloadController } from './file/download.controller.js';
import { Janitor } from './janitor/janitor.js';
import { Housekeeping } from './janitor/housekeeping.js';
import { Pairing } from './janitor/pairing.js';
import { Retention } from './janitor/retention.js';
import { RecipesFile } from './recipes-file.js';
import { StoppableTaskStore } from './stoppable-task-store.js';
import { FILE_STORE, TASK_STORE } from './stores.js';
import { TaskController } from './task/task.controller.js';
import { TaskFiles } from './task/task-files.js';
import { PictureStorage } from './upload/picture-storage.js';
import { SourceStorage } from './upload/source-storage.js';
import { Submission } from './upload/submission.js';
import { UploadInterceptor } from './upload/upload.interceptor.js';
import { UploadSlots } from './upload/upload-slots.js';

export { prepare } from './prepare.js';

/** The public API. Keeps no state: run as many masters as you like. */
@Module({
  imports: [
    ChassisModule.forService('master', MasterConfig),
    RegistryModule.forService('db', 'storage'),
    ThrottlerModule.forRootAsync({
      inject: [MasterConfig],
      useFactory: ({ rateLimit }: MasterConfig) => ({
        throttlers: [{ ttl: 1_000, limit: rateLimit }],
        storage: new RequestRate(),
        skipIf: () => rateLimit === 0,
      }),
    }),
  ],
  controllers: [LeaseController, TaskController, DownloadController],
  providers: [
    {
      provide: TASK_STORE,
      inject: [serviceClient('db')],
      useFactory: (db: ServiceClient) => new StoppableTaskStore(db),
    },
    {
      provide: FILE_STORE,
      inject: [serviceClient('storage')],
      useFactory: (storage: ServiceClient) => new HttpFileStore(storage),
    },
    { provide: LEASE_STORE, useExisting: TASK_STORE },
    {
      provide: RecipesFile,
      inject: [MasterConfig],
      useFactory: ({ recipesFile }: MasterConfig) => RecipesFile.read(recipesFile),
    },
    { provide: RecipeBook, inject: [RecipesFile], useFactory: ({ book }: RecipesFile) => book },
    TaskFiles,
    SourceStorage,
    PictureStorage,
    Submission,
    UploadInterceptor,
    UploadSlots,
    Ownership,
    { provide: ApiKeys, inject: [MasterConfig], useFactory: ({ apiKeys }: MasterConfig) => new ApiKeys(apiKeys) },
    Pairing,
    Janitor,
    Housekeeping,
    Retention,
  ],
})
export class AppModule {}
