import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { loadConfig } from '#chassis';
import { describe, expect, it } from 'vitest';
import { MasterConfig } from './config.js';

function configOf(env: NodeJS.ProcessEnv): MasterConfig {
  return loadConfig(MasterConfig, env, []);
}

describe('the configuration of master', () => {
  it('has defaults for everything', () => {
    expect(configOf({})).toMatchObject({
      port: 8003,
      maxUploadBytes: 256 * 1024 * 1024,
      janitorSeconds: 3600,
      orphanSeconds: 86_400,
      retentionSeconds: null,
    });
  });

  it.each([
    ['1s', 1],
    ['90s', 90],
    ['30m', 1_800],
    ['12h', 43_200],
    ['7d', 604_800],
    ['999999d', 86_399_913_600],
  ])('keeps tasks for %s, which is %i seconds', (retention, seconds) => {
    expect(configOf({ MICRO_RETENTION: retention }).retentionSeconds).toBe(seconds);
  });

  it.each(['0d', '7', 'd', '7w', '1.5h', '-1d', '7 d', '7D', '07d', '1000000d', '1h30m'])(
    'refuses to keep tasks for %j',
    (retention) => {
      expect(() => configOf({ MICRO_RETENTION: retention })).toThrow(
        `MICRO_RETENTION must be a number and a unit (s, m, h or d), like 7d (it is "${retention}")`,
      );
    },
  );

  it.each([
    ['MICRO_MAX_UPLOAD_BYTES', ['0', '-1', '1.5', 'many', String(2 ** 40 + 1)]],
    ['MICRO_JANITOR_SECONDS', ['0', '86401', 'hourly']],
    ['MICRO_ORPHAN_SECONDS', ['0', '2592001', 'daily']],
    ['MICRO_MASTER_PORT', ['-1', '65536', 'http']],
  ])('refuses a wrong %s', (name, values) => {
    for (const value of values) expect(() => configOf({ [name]: value })).toThrow(new RegExp(`^${name} .*${value}`));
  });

  it('takes the recipes of the repository, or a file of the operator’s', () => {
    const { recipesFile } = configOf({});

    expect(basename(recipesFile)).toBe('recipes.json');
    expect(existsSync(recipesFile)).toBe(true);
    expect(configOf({ MICRO_RECIPES: '/srv/recipes.json' }).recipesFile).toBe('/srv/recipes.json');
  });
});
