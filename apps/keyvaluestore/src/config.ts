import { EnvPort, ServiceConfig } from '#chassis';
import { services } from '#contracts';

/** The configuration of keyvaluestore. */
export class KeyvaluestoreConfig extends ServiceConfig {
  @EnvPort('keyvaluestore')
  port: number = services.keyvaluestore.port;
}
