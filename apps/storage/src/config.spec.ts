import { ConfigError, loadConfig } from '#chassis';
import { describe, expect, it } from 'vitest';
import { StorageConfig } from './config.js';

const load = (env: NodeJS.ProcessEnv = {}): StorageConfig => loadConfig(StorageConfig, env, []);

describe('StorageConfig', () => {
  it('has defaults', () => {
    expect(load()).toMatchObject({ port: 8002, maxFileBytes: 1_073_741_824, folder: `${process.cwd()}/data/storage` });
  });

  it.each([
    [{ MICRO_DATA: '/srv/micro' }, '/srv/micro/storage'],
    [{ MICRO_STORAGE_URL: 'file:pictures' }, `${process.cwd()}/pictures`],
    [{ MICRO_STORAGE_URL: 'file:./a b' }, `${process.cwd()}/a b`],
    [{ MICRO_STORAGE_URL: 'file:/srv/files' }, '/srv/files'],
    [{ MICRO_STORAGE_URL: 'file:///srv/files', MICRO_DATA: '/ignored' }, '/srv/files'],
  ])('%j keeps files in %s', (env, folder) => {
    expect(load(env).folder).toBe(folder);
  });

  it.each(['s3://bucket', '/srv/files', 'file:', 'file://', 'file://host/share', 'FILE:/srv'])('refuses %s', (url) => {
    expect(() => load({ MICRO_STORAGE_URL: url })).toThrow(ConfigError);
    expect(() => load({ MICRO_STORAGE_URL: url })).toThrow('MICRO_STORAGE_URL must be file:<folder>');
  });

  it.each(['0', '-1', '1.5', 'much'])('refuses a limit of %s bytes', (limit) => {
    expect(() => load({ MICRO_MAX_FILE_BYTES: limit })).toThrow('MICRO_MAX_FILE_BYTES');
  });
});
