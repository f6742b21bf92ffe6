import { ChassisModule } from '#chassis';
import { RegistryModule } from '#registry';
import { Module, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { UiConfig } from './config.js';
import { Forwarding } from './forwarding.js';
import { MasterController } from './master.controller.js';
import { pageFiles } from './page-files.js';

/** The web page, and the way from it to master under the same origin. */
@Module({
  imports: [ChassisModule.forService('ui', UiConfig), RegistryModule.forService('master')],
  controllers: [MasterController],
  providers: [Forwarding],
})
export class AppModule implements NestModule {
  constructor(private readonly config: UiConfig) {}

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(pageFiles(this.config.filesFolder)).forRoutes({ path: '{*path}', method: RequestMethod.GET });
  }
}
