/** One step of the schema. Steps are only ever added, and never changed once released. */
export interface Migration {
  name: string;
  sql: string;
}

/** In order; the number of a migration is its place, from 1. Times are integers, in milliseconds since the epoch. */
export const migrations: Migration[] = [
  {
    name: 'tasks and attempts',
    sql: `
      CREATE TABLE store (
        single INTEGER PRIMARY KEY CHECK (single = 1),
        id TEXT NOT NULL,
        revision INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE tasks (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
        priority INTEGER NOT NULL CHECK (priority BETWEEN -100 AND 100),
        recipe TEXT NOT NULL CHECK (json_valid(recipe)),
        labels TEXT NOT NULL CHECK (json_valid(labels)),
        source TEXT NOT NULL CHECK (json_valid(source)),
        outputs TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(outputs)),
        lease_number INTEGER NOT NULL DEFAULT 0 CHECK (lease_number >= 0),
        failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
        lost_leases INTEGER NOT NULL DEFAULT 0 CHECK (lost_leases >= 0),
        delayed INTEGER NOT NULL DEFAULT 0 CHECK (delayed IN (0, 1)),
        available_at INTEGER NOT NULL,
        lease_token TEXT UNIQUE,
        lease_expires_at INTEGER,
        stage TEXT,
        error_code TEXT,
        error_detail TEXT,
        trace_context TEXT,
        revision INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER,
        CHECK ((state = 'running') = (lease_token IS NOT NULL)),
        CHECK ((state = 'running') = (lease_expires_at IS NOT NULL)),
        CHECK (state = 'running' OR stage IS NULL),
        CHECK (state = 'queued' OR delayed = 0),
        CHECK ((state IN ('finished', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
        CHECK ((state = 'finished') = (json_array_length(outputs) > 0)),
        CHECK (state <> 'failed' OR error_code IS NOT NULL),
        CHECK ((error_code IS NULL) = (error_detail IS NULL)),
        CHECK ((lease_number = 0) = (started_at IS NULL))
      ) STRICT;

      -- A query uses a partial index only when it repeats the index's condition to the letter.
      CREATE INDEX tasks_next ON tasks (priority DESC, available_at, id) WHERE state = 'queued';
      CREATE INDEX tasks_waiting ON tasks (delayed, available_at) WHERE state = 'queued';
      CREATE INDEX tasks_leased ON tasks (lease_expires_at) WHERE state = 'running';
      CREATE INDEX tasks_settled ON tasks (finished_at) WHERE finished_at IS NOT NULL;
      CREATE INDEX tasks_by_state ON tasks (state, id);
      CREATE INDEX tasks_by_owner ON tasks (owner, id);

      -- Kept by triggers, because counting a million finished tasks would hold up everything else.
      CREATE TABLE task_counts (
        state TEXT PRIMARY KEY,
        count INTEGER NOT NULL DEFAULT 0 CHECK (count >= 0)
      ) STRICT;
      INSERT INTO task_counts (state) VALUES ('queued'), ('running'), ('finished'), ('failed'), ('cancelled');
      CREATE TRIGGER count_created AFTER INSERT ON tasks BEGIN
        UPDATE task_counts SET count = count + 1 WHERE state = NEW.state;
      END;
      CREATE TRIGGER count_moved AFTER UPDATE OF state ON tasks WHEN OLD.state <> NEW.state BEGIN
        UPDATE task_counts SET count = count - 1 WHERE state = OLD.state;
        UPDATE task_counts SET count = count + 1 WHERE state = NEW.state;
      END;
      CREATE TRIGGER count_deleted AFTER DELETE ON tasks BEGIN
        UPDATE task_counts SET count = count - 1 WHERE state = OLD.state;
      END;

      CREATE TABLE attempts (
        token TEXT PRIMARY KEY,
        task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
        lease_number INTEGER NOT NULL CHECK (lease_number > 0),
        worker TEXT NOT NULL,
        began_at INTEGER NOT NULL,
        ended_at INTEGER,
        outcome TEXT CHECK (outcome IN ('finished', 'retryable', 'failed', 'released', 'lease-lost', 'cancelled')),
        error_code TEXT,
        UNIQUE (task_id, lease_number),
        CHECK ((ended_at IS NULL) = (outcome IS NULL))
      ) STRICT, WITHOUT ROWID;

      -- Ids under which no task will ever be created again.
      CREATE TABLE tombstones (
        id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        deleted_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE idempotency_keys (
        owner TEXT NOT NULL,
        key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        task_id TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (owner, key)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    name: 'indexes for long lists, and for what is past its time',
    sql: `
      CREATE INDEX tasks_by_owner_and_state ON tasks (owner, state, id);
      CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
      CREATE INDEX tombstones_by_age ON tombstones (deleted_at);
    `,
  },
  {
    name: 'the technical words of an error',
    sql: `
      ALTER TABLE tasks ADD COLUMN error_technical TEXT CHECK (error_technical IS NULL OR error_code IS NOT NULL);
    `,
  },
];
