import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '#chassis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SqliteDatabase } from './sqlite-database.js';

describe('A file that SQLite cannot open, as none can be on OSv', () => {
  it('is a configuration error that says what to use instead', () => {
    const folder = mkdtempSync(join(tmpdir(), 'node-micro-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));

    const open = (): SqliteDatabase => new SqliteDatabase(folder);

    expect(open).toThrow(ConfigError);
    expect(open).toThrow(/^MICRO_DB_URL must name a file .*On OSv no file is: there, set it to sqlite::memory:,/);
  });
});
