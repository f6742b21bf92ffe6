import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { lostNames, Problem, RecipeBook, type Created, type NewTask, type Task, type TaskStore } from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { Pairing } from '../janitor/pairing.js';
import { TASK_STORE } from '../stores.js';
import { PictureStorage } from './picture-storage.js';
import { SourceStorage, type StoredSource } from './source-storage.js';
import type { SubmissionDto } from './submission.dto.js';

const createForMs = 8_000;
const retryMs = 250;
const labelLimit = 20;
const labelLength = 200;

/** Who sent an upload, and what their headers said. */
export interface SubmissionOrigin {
  /** Empty where no keys are wanted. */
  owner?: string;
  idempotencyKey?: string;
  traceparent?: string;
}

/** Makes the task of a source that is durable. */
@Injectable()
export class Submission {
  /** Whether the last create was not answered, however often it was tried. */
  private unanswered = false;
  private asking: Promise<void> | null = null;

  constructor(
    @Inject(TASK_STORE) private readonly tasks: TaskStore,
    private readonly sources: SourceStorage,
    private readonly recipes: RecipeBook,
    private readonly pairing: Pairing,
    private readonly pictures: PictureStorage,
  ) {}

  /**
   * Refuses an upload for which no task can be made, before it is received: an image that is stored and then has no task
   * stays until the janitor comes, one for every time that its client tries again. Asks db only when it did not answer
   * the last create.
   * @throws Problem `service-unavailable`
   */
  async requireDb(): Promise<void> {
    if (!this.unanswered) return;
    this.asking ??= this.askDb().finally(() => (this.asking = null));
    await this.asking;
  }

  private async askDb(): Promise<void> {
    await this.tasks.storeId();
    this.unanswered = false;
  }

  /**
   * The task of the upload, or the first one's when its idempotency key came before.
   * @throws Problem `invalid-request`, `idempotency-key-reused`, `task-gone`, `task-deleted`, `queue-full`,
   * `storage-full`, `store-mismatch`, `service-unavailable`
   */
  async submit(stored: StoredSource, fields: SubmissionDto, origin: SubmissionOrigin): Promise<Task> {
    const { taskId, ...source } = stored;
    const { priority = 0, labels = {} } = fields;
    const recipe = this.recipes.resolve(fields.recipe);
    checkLabels(labels);
    const { task } = await this.create({
      id: taskId,
      owner: origin.owner ?? '',
      priority,
      recipe,
      labels,
      source,
      traceContext: origin.traceparent?.slice(0, 512) || null,
      idempotency: idempotencyOf(origin.idempotencyKey, [source.sha256, recipe, priority, labels]),
    });
    if (task.id !== taskId) await this.sources.discard(source);
    return task;
  }

  /** Tries for a while under the same id: create is idempotent, and a db that restarts is back within seconds. */
  private async create(task: NewTask): Promise<Created> {
    const giveUpAt = performance.now() + createForMs;
    let sent = false;
    for (;;) {
      try {
        await this.pairing.ensure();
        await this.pictures.ensure(task.recipe);
        sent = true;
        return await this.tasks.create(task);
      } catch (error) {
        if (!Problem.is(error, 'service-unavailable')) throw error;
        if (performance.now() > giveUpAt) {
          this.unanswered = true;
          // With no create on its way, no task can come to be.
          if (!sent) await this.sources.discard(task.source);
          throw error;
        }
        await sleep(retryMs);
      }
    }
  }
}

function idempotencyOf(key: string | undefined, request: unknown[]): NewTask['idempotency'] {
  if (key === undefined) return null;
  if (!/^[\x20-\x7E]{1,255}$/.test(key)) {
    const message = 'must be 1 to 255 printable ASCII characters';
    throw new Problem('invalid-request', `Idempotency-Key ${message}`, {
      errors: [{ field: 'Idempotency-Key', message }],
    });
  }
  return { key, fingerprint: createHash('sha256').update(JSON.stringify(request)).digest('hex') };
}

function checkLabels(labels: Record<string, unknown>): void {
  const entries = Object.entries(labels);
  if (entries.length <= labelLimit && entries.every(([name, value]) => isLabelName(name) && isLabel(value))) return;
  const limits = `at most ${labelLimit} texts of at most ${labelLength} characters`;
  const message = `must be ${limits}, none of them called ${lostNames.join(', ')}`;
  throw new Problem('invalid-request', `labels ${message}`, { errors: [{ field: 'labels', message }] });
}

function isLabelName(name: string): boolean {
  return name.length > 0 && name.length <= labelLength && !lostNames.includes(name);
}

function isLabel(value: unknown): boolean {
  return typeof value === 'string' && value.length <= labelLength;
}
