import { ConfigError, loadConfig } from '#chassis';
import { describe, expect, it } from 'vitest';
import { DbConfig } from './config.js';

function load(env: NodeJS.ProcessEnv): DbConfig {
  return loadConfig(DbConfig, env, []);
}

describe('DbConfig', () => {
  it('keeps its tasks in a file in the data folder', () => {
    expect(load({}).file).toBe('data/db/tasks.sqlite');
    expect(load({ MICRO_DATA: '/srv/micro' }).file).toBe('/srv/micro/db/tasks.sqlite');
  });

  it('keeps them in another file, or in memory, when told so', () => {
    expect(load({ MICRO_DB_URL: 'sqlite:/tmp/other.sqlite' }).file).toBe('/tmp/other.sqlite');
    expect(load({ MICRO_DB_URL: 'sqlite:other.sqlite' }).file).toBe('other.sqlite');
    expect(load({ MICRO_DB_URL: 'sqlite::memory:' }).file).toBeNull();
  });

  it('refuses a store that it does not have', () => {
    for (const url of ['postgres://localhost/micro', 'sqlite:', '/tmp/tasks.sqlite']) {
      expect(() => load({ MICRO_DB_URL: url })).toThrow(
        new ConfigError(`MICRO_DB_URL must be sqlite:<file> or sqlite::memory: (it is "${url}")`),
      );
    }
  });
});
