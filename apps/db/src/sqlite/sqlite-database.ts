import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { ConfigError } from '#chassis';
import { Problem } from '#contracts';
import { migrations, type Migration } from './migrations.js';

/** SQLITE_CANTOPEN. OSv lacks a system call that SQLite makes before it opens any file, so all of them end in this. */
const cannotOpen = 14;
/** SQLITE_FULL. */
const full = 13;

type Parameters = Record<string, SQLInputValue>;

/** Nothing can be written now. A caller that repeats its call does so until there is room again. */
export class DiskFull extends Problem {
  constructor(cause: unknown) {
    super('service-unavailable', 'The disk of the task store is full', { retryAfterSeconds: 10, cause });
  }
}

interface PreparedStatement {
  statement: StatementSync;
  parameters: string[];
}

/**
 * An SQLite file with our schema: write-ahead log, every commit on the disk before it is answered, and this process its
 * only user. Statements are prepared once, parameters are named, and rows have the columns' names.
 */
export class SqliteDatabase {
  private readonly database: DatabaseSync;
  private readonly statements = new Map<string, PreparedStatement>();

  /**
   * Opens the file, made when missing, and brings its schema up to date.
   * @param file null keeps the database in memory
   * @throws ConfigError when SQLite cannot open the file
   * @throws Error when another process has the file open, or when a newer version of node-micro wrote it
   */
  constructor(file: string | null, steps: Migration[] = migrations) {
    if (file) mkdirSync(dirname(file), { recursive: true });
    this.database = opened(file ?? ':memory:');
    try {
      this.database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      this.migrate(steps);
    } catch (error) {
      this.database.close();
      const busy = (error as { errcode?: number }).errcode === 5;
      throw busy ? new Error(`${file} is in use by another process`, { cause: error }) : error;
    }
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, parameters: Parameters = {}): Row | undefined {
    return this.prepared(sql, parameters).get(parameters) as Row | undefined;
  }

  all<Row>(sql: string, parameters: Parameters = {}): Row[] {
    return this.prepared(sql, parameters).all(parameters) as Row[];
  }

  /** The number of rows changed. */
  run(sql: string, parameters: Parameters = {}): number {
    return Number(this.prepared(sql, parameters).run(parameters).changes);
  }

  /**
   * All of `work` or nothing of it.
   * @throws DiskFull, or what `work` throws
   */
  transaction<Result>(work: () => Result): Result {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw (error as { errcode?: number }).errcode === full ? new DiskFull(error) : error;
    }
  }

  private prepared(sql: string, parameters: Parameters): StatementSync {
    let known = this.statements.get(sql);
    if (!known) {
      const named = [...sql.matchAll(/\$(\w+)/g)].map((match) => match[1]!);
      known = { statement: this.database.prepare(sql), parameters: [...new Set(named)] };
      this.statements.set(sql, known);
    }
    // SQLite binds a parameter that is not given to NULL, silently.
    for (const name of known.parameters) if (!(name in parameters)) throw new Error(`$${name} is not given: ${sql}`);
    return known.statement;
  }

  private migrate(steps: Migration[]): void {
    this.database.exec(
      'CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT',
    );
    const { applied } = this.get<{ applied: number }>('SELECT count(*) AS applied FROM migrations')!;
    if (applied > steps.length) {
      throw new Error(`The database has schema ${applied}, and this version of node-micro knows ${steps.length}`);
    }
    for (const [index, { name, sql }] of steps.entries()) {
      if (index < applied) continue;
      this.transaction(() => {
        this.database.exec(sql);
        this.run('INSERT INTO migrations VALUES ($number, $name, $appliedAt)', {
          number: index + 1,
          name,
          appliedAt: new Date().toISOString(),
        });
      });
    }
  }
}

function opened(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path);
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== cannotOpen) throw error;
    throw new ConfigError(
      `MICRO_DB_URL must name a file that SQLite can open, which ${path} is not. On OSv no file is: there, set it to ` +
        `sqlite::memory:, which keeps the tasks for as long as the unikernel runs`,
    );
  }
}
