import type { Attempt, AttemptOutcome, FileReference, Recipe, Task, TaskError, TaskState } from '#contracts';

/** A row of the table `tasks`. Times in milliseconds since the epoch. */
export interface TaskRow {
  id: string;
  owner: string;
  state: TaskState;
  priority: number;
  recipe: string;
  labels: string;
  source: string;
  outputs: string;
  lease_number: number;
  failures: number;
  lost_leases: number;
  delayed: 0 | 1;
  available_at: number;
  lease_token: string | null;
  lease_expires_at: number | null;
  stage: string | null;
  error_code: string | null;
  error_detail: string | null;
  error_technical: string | null;
  trace_context: string | null;
  revision: number;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
}

/** A row of the table `attempts`. */
export interface AttemptRow {
  token: string;
  task_id: string;
  lease_number: number;
  worker: string;
  began_at: number;
  ended_at: number | null;
  outcome: AttemptOutcome | null;
  error_code: string | null;
}

export function taskOfRow(row: TaskRow): Task {
  return {
    id: row.id,
    owner: row.owner,
    state: row.state,
    priority: row.priority,
    recipe: JSON.parse(row.recipe) as Recipe,
    labels: JSON.parse(row.labels) as Record<string, string>,
    source: JSON.parse(row.source) as FileReference,
    outputs: JSON.parse(row.outputs) as FileReference[],
    leaseNumber: row.lease_number,
    failures: row.failures,
    lostLeases: row.lost_leases,
    stage: row.stage,
    availableAt: row.delayed ? isoTime(row.available_at) : null,
    error: errorOfRow(row),
    traceContext: row.trace_context,
    revision: row.revision,
    createdAt: isoTime(row.created_at),
    startedAt: isoTime(row.started_at),
    finishedAt: isoTime(row.finished_at),
  };
}

function errorOfRow({ error_code: code, error_detail: detail, error_technical: technical }: TaskRow): TaskError | null {
  return code === null ? null : { code, detail: detail ?? '', technical };
}

export function attemptOfRow(row: AttemptRow): Attempt {
  return {
    leaseNumber: row.lease_number,
    worker: row.worker,
    beganAt: isoTime(row.began_at),
    endedAt: isoTime(row.ended_at),
    outcome: row.outcome,
    errorCode: row.error_code,
  };
}

function isoTime(ms: number): string;
function isoTime(ms: number | null): string | null;
function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
