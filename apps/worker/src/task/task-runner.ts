import { setTimeout as sleep } from 'node:timers/promises';
import {
  Problem,
  type Failure,
  type FileReference,
  type FileStore,
  type Lease,
  type LeaseStore,
  type Task,
} from '#contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { WorkerConfig } from '../config.js';
import { ImageFailure, ProcessingTimeout } from '../image/image-failure.js';
import { ImageProcessor } from '../image/image-processor.js';
import { LeaseKeeper, LeaseLost } from '../lease/lease-keeper.js';
import { LocalFault } from '../local-fault.js';
import { FILE_STORE, LEASE_STORE } from '../stores.js';
import { patiently } from './patiently.js';
import { technicalWords } from './technical-words.js';
import { WatermarkCache } from './watermark-cache.js';
import { DamagedDownload, WorkFolder } from './work-folder.js';

/** The reason of the abort when the worker must stop before a task is done. */
export class Draining extends Error {
  override name = 'Draining';
}

/** The files of a task are more than the work folder takes; another worker may have a larger one. */
class TooLargeForFolder extends Error {
  override name = 'TooLargeForFolder';
}

/** How long a draining worker tries to give a task back. */
const releaseMs = 3_000;

/**
 * Takes one leased task from its source to its settlement: finished, failed, or released.
 *
 * Ends without settling anything when the lease is lost: somebody else has the task, or nobody wants it any more.
 * While master or storage is away it waits; the outputs, once made, are not made again.
 */
@Injectable()
export class TaskRunner {
  private readonly logger = new Logger('Worker');

  constructor(
    @Inject(LEASE_STORE) private readonly leases: LeaseStore,
    @Inject(FILE_STORE) private readonly files: FileStore,
    private readonly images: ImageProcessor,
    private readonly watermarks: WatermarkCache,
    private readonly config: WorkerConfig,
  ) {}

  /**
   * Never rejects.
   * @returns why this worker cannot work, when that is why it gave the task back
   * @param drain aborts when the worker must stop now
   * @param turn when the work may begin; until then the lease is kept
   */
  async run(
    { task, expiresInMs }: Lease,
    token: string,
    drain: AbortSignal,
    turn: Promise<unknown> = Promise.resolve(),
  ): Promise<LocalFault | null> {
    const keeper = new LeaseKeeper(this.leases, task.id, token);
    keeper.start(expiresInMs);
    const signal = AbortSignal.any([keeper.lost, drain]);
    try {
      await unlessAborted(turn, signal);
      const began = performance.now();
      this.logger.log(`Working on task ${task.id}`);
      const outputs = await this.process(task, keeper, signal);
      await patiently(signal, () => this.leases.finish(task.id, token, outputs));
      this.logger.log(`Task ${task.id} is done in ${Math.round(performance.now() - began)} ms`);
      return null;
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : await this.blame(error);
      await this.giveUp(task, token, reason, signal);
      return reason instanceof LocalFault ? reason : null;
    } finally {
      keeper.stop();
    }
  }

  /** Gives a task back. @throws Error when master does not say in time that it has it */
  async release(task: Task, token: string): Promise<void> {
    const said = await Promise.race([this.leases.release(task.id, token), sleep(releaseMs, null, { ref: false })]);
    if (!said) throw new Error('master does not answer');
    this.logger.log(`Task ${task.id} is released`);
  }

  private async process(task: Task, keeper: LeaseKeeper, signal: AbortSignal): Promise<FileReference[]> {
    await using folder = await WorkFolder.create(this.config.workFolder, this.files);
    keeper.enter('downloading');
    const source = await patiently(signal, () => folder.download(task.source, signal));
    const watermarks = await patiently(signal, () => unlessAborted(this.watermarks.ofRecipe(task.recipe), signal));
    keeper.enter('processing');
    const work = this.images.process(source, task.recipe, folder.path, signal, watermarks);
    const images = await this.untilDone(work, signal);
    keeper.enter('uploading');
    const outputs: FileReference[] = [];
    for (const image of images) outputs.push(await patiently(signal, () => folder.upload(task, image, signal)));
    return outputs;
  }

  /**
   * The outcome of image work, which sharp cannot break off. A draining worker does not wait for it; otherwise it goes
   * on to occupy this task's slot until it ends.
   */
  private async untilDone<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
    try {
      return await unlessAborted(work, signal);
    } finally {
      if (!(signal.reason instanceof Draining)) await work.catch(() => undefined);
    }
  }

  /** What does not fit into a disk that has room is at fault itself; given back, it would stop worker after worker. */
  private async blame(error: unknown): Promise<unknown> {
    if (!(error instanceof LocalFault) || !error.isFull) return error;
    const hasRoom = await WorkFolder.hasRoom(this.config.workFolder).catch(() => false);
    return hasRoom ? new TooLargeForFolder('The files of the task do not fit into the work folder') : error;
  }

  /** What is behind a failure, which is for the operator alone: it may name files and endpoints. */
  private tell(error: unknown, { code }: Failure, { id }: Task): void {
    if (code === 'processing-failed') this.logger.error(error, `Task ${id}`);
    else if (error instanceof DamagedDownload && error.cause) {
      this.logger.warn(`Task ${id}: ${(error.cause as Error).message}`);
    }
  }

  private async giveUp(task: Task, token: string, error: unknown, signal: AbortSignal): Promise<void> {
    try {
      if (error instanceof Draining) {
        await this.release(task, token);
      } else if (error instanceof LocalFault) {
        await patiently(signal, () => this.leases.release(task.id, token));
        this.logger.warn(`Task ${task.id} is given back: ${error.message}`);
      } else if (error instanceof LeaseLost || Problem.is(error, 'lease-lost', 'task-not-found')) {
        this.logger.warn(`Task ${task.id} is given up: ${error.message}`);
      } else {
        const failure = failureOf(error, task);
        this.tell(error, failure, task);
        const { state } = await patiently(signal, () => this.leases.fail(task.id, token, failure));
        const then = state === 'failed' ? 'It has failed for good' : 'It will be tried again';
        const technical = failure.technical === null ? '' : ` (${failure.technical})`;
        this.logger.warn(`Task ${task.id}: ${failure.code}: ${failure.detail}${technical}. ${then}`);
      }
    } catch (failed) {
      this.logger.warn(`Task ${task.id} comes back when its lease expires: ${(failed as Error).message}`);
    }
  }
}

/** What a promise comes to, unless the signal aborts first. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * What to report of an error: permanent only when the picture itself is at fault, or when it took too long twice.
 */
function failureOf(error: unknown, { error: before }: Task): Failure {
  // The message of a Problem also tells its cause, which is not for clients.
  const detail = error instanceof Problem ? error.detail : (error as Error).message;
  const failed = { detail: detail.slice(0, 1000), technical: null, permanent: false };
  if (error instanceof ImageFailure) {
    return { ...failed, code: error.code, technical: technicalWords(error.technical), permanent: true };
  }
  if (error instanceof TooLargeForFolder) return { ...failed, code: 'work-folder-too-small' };
  if (error instanceof DamagedDownload) return { ...failed, code: 'damaged-download' };
  if (error instanceof ProcessingTimeout) {
    return { ...failed, code: 'processing-timeout', permanent: before?.code === 'processing-timeout' };
  }
  // Master has accepted the recipe, so it is newer than this worker; another worker may know it.
  if (Problem.is(error, 'invalid-request')) return { ...failed, code: 'unknown-recipe' };
  if (error instanceof Problem) return { ...failed, code: error.code };
  return { ...failed, code: 'processing-failed', detail: 'The worker met an error that it did not expect' };
}
