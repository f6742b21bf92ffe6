import { Clock, ServiceIdentity } from '#chassis';
import { Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { StorageConfig } from './config.js';
import { DiskFileStore } from './disk-file-store.js';
import { FileController } from './file.controller.js';
import { FILE_STORE } from './file-store.token.js';
import { StoreController } from './store.controller.js';
import { TempFileSweeper } from './temp-file-sweeper.js';

/** The file store and its routes. The store is open, and the service knows its store id, before anybody can call. */
@Module({
  controllers: [FileController, StoreController],
  providers: [
    {
      provide: FILE_STORE,
      inject: [StorageConfig, Clock, ServiceIdentity],
      useFactory: async ({ folder, maxFileBytes }: StorageConfig, clock: Clock, identity: ServiceIdentity) => {
        const store = await DiskFileStore.open(folder, maxFileBytes, clock);
        identity.storeId = store.id;
        return store;
      },
    },
    {
      provide: TempFileSweeper,
      inject: [FILE_STORE, StorageConfig, Clock],
      useFactory: ({ tempFolder }: DiskFileStore, { abandonedSeconds }: StorageConfig, clock: Clock) =>
        new TempFileSweeper(tempFolder, clock, abandonedSeconds * 1000),
    },
  ],
})
export class StorageModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly sweeper: TempFileSweeper) {}

  onApplicationBootstrap(): void {
    this.sweeper.start();
  }

  onModuleDestroy(): void {
    this.sweeper.stop();
  }
}
