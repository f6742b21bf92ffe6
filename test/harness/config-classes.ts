import { envVariables, loadConfig, type ServiceConfig } from '#chassis';
import type { ServiceName } from '#contracts';
import { DbConfig } from '../../apps/db/src/config.js';
import { KeyvaluestoreConfig } from '../../apps/keyvaluestore/src/config.js';
import { MasterConfig } from '../../apps/master/src/config.js';
import { StorageConfig } from '../../apps/storage/src/config.js';
import { UiConfig } from '../../apps/ui/src/config.js';
import { WorkerConfig } from '../../apps/worker/src/config.js';

const classes: Record<ServiceName, new () => ServiceConfig> = {
  keyvaluestore: KeyvaluestoreConfig,
  db: DbConfig,
  storage: StorageConfig,
  master: MasterConfig,
  worker: WorkerConfig,
  ui: UiConfig,
};

/** The configuration that a service makes of an environment. @throws ConfigError for a value that it does not take */
export function configOf(service: ServiceName, env: Record<string, string>): ServiceConfig {
  return loadConfig(classes[service], env, []);
}

/** The variables that a service reads. */
export function variablesOf(service: ServiceName): string[] {
  return envVariables(classes[service]).flatMap(({ names }) => names);
}
