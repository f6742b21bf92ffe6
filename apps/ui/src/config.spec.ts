import { join } from 'node:path';
import { ConfigError, loadConfig } from '#chassis';
import { describe, expect, it } from 'vitest';
import { UiConfig } from './config.js';

describe('UiConfig', () => {
  it('finds the page’s files by itself', () => {
    const config = loadConfig(UiConfig, {}, []);

    expect(config.port).toBe(8004);
    expect(config.filesFolder).toBe(join(import.meta.dirname, '../public'));
  });

  it('takes another folder, which must have a page', () => {
    const folder = join(import.meta.dirname, '../public');

    expect(loadConfig(UiConfig, { MICRO_UI_FILES: folder }, []).filesFolder).toBe(folder);
    expect(() => loadConfig(UiConfig, { MICRO_UI_FILES: '/no/such/folder' }, [])).toThrow(
      new ConfigError('MICRO_UI_FILES must be a folder with an index.html (it is "/no/such/folder")'),
    );
  });
});
