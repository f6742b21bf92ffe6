import { readdirSync } from 'node:fs';
import { ConfigError, loadConfig } from '#chassis';
import { describe, expect, it, vi } from 'vitest';
import { WorkPlace } from '../test/work-place.js';
import { WorkerConfig } from './config.js';
import { findLibheif } from './image/heic/libheif.js';

vi.mock('./image/heic/libheif.js', { spy: true });

function load(workFolder: string): WorkerConfig {
  return loadConfig(WorkerConfig, { MICRO_WORK_FOLDER: workFolder }, []);
}

function loadWith(heic?: string): WorkerConfig {
  return loadConfig(WorkerConfig, { MICRO_HEIC: heic }, []);
}

describe('the work folder', () => {
  it('is tried out when the worker starts, and nothing stays in it', () => {
    const { workFolder } = new WorkPlace().config;

    expect(load(workFolder).workFolder).toBe(workFolder);

    expect(readdirSync(workFolder)).toEqual([]);
  });

  it.each(['/nonexistent', '/dev/null', '/proc'])(
    '%s, in which no file can be made, is refused in one line',
    (folder) => {
      const line = /^MICRO_WORK_FOLDER must be a folder in which files can be made: E\w+: [^\n]+$/;

      expect(() => load(folder)).toThrow(ConfigError);
      expect(() => load(folder)).toThrow(line);
      expect(() => load(folder)).toThrow(folder);
    },
  );
});

describe('MICRO_HEIC', () => {
  it('is off, and turned on where libheif-js is installed', () => {
    expect(loadWith().heic).toBe(false);
    expect(loadWith('true').heic).toBe(true);
  });

  it('is refused in one line where libheif-js is not installed, and only there', () => {
    vi.mocked(findLibheif).mockReturnValue(null);

    expect(() => loadWith('true')).toThrow(ConfigError);
    expect(() => loadWith('true')).toThrow(/^MICRO_HEIC needs the package libheif-js: npm install libheif-js$/);
    expect(loadWith('false').heic).toBe(false);
  });
});
