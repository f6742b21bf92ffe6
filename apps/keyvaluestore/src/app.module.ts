import { ChassisModule } from '#chassis';
import { Module } from '@nestjs/common';
import { KeyvaluestoreConfig } from './config.js';
import { RegistrationController } from './registration.controller.js';
import { RegistrationTable } from './registration-table.js';

/** The registry server. */
@Module({
  imports: [ChassisModule.forService('keyvaluestore', KeyvaluestoreConfig)],
  controllers: [RegistrationController],
  providers: [{ provide: RegistrationTable, useFactory: () => new RegistrationTable() }],
})
export class AppModule {}
