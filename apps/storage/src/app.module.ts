import { ChassisModule } from '#chassis';
import { RegistryModule } from '#registry';
import { Module } from '@nestjs/common';
import { StorageConfig } from './config.js';
import { StorageModule } from './storage.module.js';

/** The file store as a registered service. */
@Module({
  imports: [ChassisModule.forService('storage', StorageConfig), RegistryModule.forService(), StorageModule],
})
export class AppModule {}
