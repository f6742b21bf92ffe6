import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDatabase } from '../../test/opened-store.js';
import { migrations, type Migration } from './migrations.js';
import { SqliteDatabase } from './sqlite-database.js';

const steps: Migration[] = [
  { name: 'first', sql: 'CREATE TABLE things (name TEXT PRIMARY KEY) STRICT' },
  { name: 'second', sql: 'ALTER TABLE things ADD COLUMN size INTEGER' },
];

function opened(file: string | null, known?: Migration[]): SqliteDatabase {
  const database = new SqliteDatabase(file, known);
  onTestFinished(() => database.close());
  return database;
}

describe('SqliteDatabase', () => {
  it('makes the file with its folder, and records every migration', () => {
    const database = opened(temporaryDatabase());

    const recorded = database.all<{ number: number; name: string; applied_at: string }>('SELECT * FROM migrations');

    expect(recorded.map(({ number, name }) => ({ number, name }))).toEqual(
      migrations.map(({ name }, index) => ({ number: index + 1, name })),
    );
    for (const { applied_at } of recorded) expect(Date.parse(applied_at)).toBeLessThanOrEqual(Date.now());
  });

  it('applies the steps that are new, and each of them once', () => {
    const file = temporaryDatabase();
    const before = opened(file, steps.slice(0, 1));
    before.run('INSERT INTO things VALUES ($name)', { name: 'kept' });
    before.close();

    opened(file, steps).close();
    const database = opened(file, steps);

    expect(database.get('SELECT * FROM things')).toEqual({ name: 'kept', size: null });
    expect(database.all('SELECT number, name FROM migrations')).toEqual([
      { number: 1, name: 'first' },
      { number: 2, name: 'second' },
    ]);
  });

  it('leaves no trace of a step that fails', () => {
    const file = temporaryDatabase();
    const broken = { name: 'broken', sql: 'CREATE TABLE half (name TEXT); CREATE TABLE things (name TEXT)' };
    expect(() => new SqliteDatabase(file, [steps[0]!, broken])).toThrow('table things already exists');

    const database = opened(file, steps);

    expect(database.all(`SELECT name FROM sqlite_schema WHERE name = 'half'`)).toEqual([]);
    expect(database.all('SELECT name FROM migrations')).toEqual([{ name: 'first' }, { name: 'second' }]);
  });

  it('refuses a file that a newer version wrote', () => {
    const file = temporaryDatabase();
    opened(file, steps).close();

    expect(() => new SqliteDatabase(file, steps.slice(0, 1))).toThrow(
      'The database has schema 2, and this version of node-micro knows 1',
    );
    opened(file, steps);
  });

  it('refuses a file that is open already', () => {
    const file = temporaryDatabase();
    const first = opened(file);

    expect(() => new SqliteDatabase(file)).toThrow(`${file} is in use by another process`);

    first.close();
    opened(file);
  });

  it('refuses a file that another process has open', async () => {
    const file = temporaryDatabase();
    opened(file).close();
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(process.argv[1]);
      database.exec('PRAGMA locking_mode = EXCLUSIVE');
      database.exec('BEGIN IMMEDIATE; COMMIT');
      console.log('open');
      process.stdin.resume();`;
    const other = spawn(process.execPath, ['-e', script, file], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => void other.kill());
    await once(other.stdout, 'data');

    expect(() => new SqliteDatabase(file)).toThrow(`${file} is in use by another process`);

    other.stdin.end();
    await once(other, 'exit');
    opened(file);
  });

  it('writes ahead, and has every commit on the disk before it is answered', () => {
    const database = opened(temporaryDatabase());

    expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
    expect(database.get('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 });
  });

  it('does all of a transaction or nothing of it', () => {
    const database = opened(null, steps);
    const failing = (): void =>
      database.transaction(() => {
        database.run('INSERT INTO things (name) VALUES ($name)', { name: 'half' });
        throw new Error('on second thought');
      });

    expect(failing).toThrow('on second thought');

    expect(database.all('SELECT * FROM things')).toEqual([]);
    database.transaction(() => database.run('INSERT INTO things (name) VALUES ($name)', { name: 'whole' }));
    expect(database.all('SELECT name FROM things')).toEqual([{ name: 'whole' }]);
  });

  it('refuses a statement whose parameters are not all given', () => {
    const database = opened(null, steps);

    expect(() => database.run('INSERT INTO things VALUES ($name, $size)', { name: 'half' })).toThrow(
      '$size is not given',
    );
  });
});
