import { readdirSync } from 'node:fs';
import { ConfigError, loadConfig } from '#chassis';
import { describe, expect, it } from 'vitest';
import { WorkPlace } from '../test/work-place.js';
import { WorkerConfig } from './config.js';

function load(workFolder: string): WorkerConfig {
  return loadConfig(WorkerConfig, { MICRO_WORK_FOLDER: workFolder }, []);
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
