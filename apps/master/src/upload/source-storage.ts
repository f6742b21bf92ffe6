import { newSourceKey, Problem, type FileReference, type FileStore } from '#contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import type { StorageEngine } from 'multer';
import { v7 as newTaskId } from 'uuid';
import { FILE_STORE } from '../stores.js';
import { MasterConfig } from '../config.js';
import { fileName } from './file-name.js';
import { acceptedTypes, recognizeSource } from './image-type.js';

/** A source that was stored before its task exists. */
export interface StoredSource extends FileReference {
  /** The id that the task will have. */
  taskId: string;
}

/**
 * Streams an uploaded image into the file store while it arrives: nothing holds more of it than a few chunks. The task
 * is made only once the bytes are durable.
 */
@Injectable()
export class SourceStorage implements StorageEngine {
  private readonly logger = new Logger(SourceStorage.name);

  constructor(
    @Inject(FILE_STORE) private readonly files: FileStore,
    private readonly config: MasterConfig,
  ) {}

  _handleFile(
    request: Request,
    file: Express.Multer.File,
    done: (error?: unknown, stored?: Partial<Express.Multer.File> & { source: StoredSource }) => void,
  ): void {
    this.store(request, file).then((source) => done(null, { source }), done);
  }

  _removeFile(_request: Request, file: Express.Multer.File, done: (error: Error | null) => void): void {
    const { source } = file as Express.Multer.File & { source?: StoredSource };
    void (source ? this.discard(source) : Promise.resolve()).then(() => done(null));
  }

  /** Removes a source that no task will have. One that cannot be removed now is left to the janitor. */
  async discard({ key }: FileReference): Promise<void> {
    await this.files
      .delete(key)
      .catch((error: Error) => this.logger.warn(`${key} is left to the janitor: ${error.message}`));
  }

  private async store(request: Request, file: Express.Multer.File): Promise<StoredSource> {
    const hangUp = new AbortController();
    const onClose = (): void => {
      // An image that has come whole is stored, and then taken back: storage might not hear of the abort in time.
      if (!request.complete && !file.stream.readableEnded)
        hangUp.abort(new Problem('incomplete-body', 'The client hung up during the upload'));
    };
    request.once('close', onClose);
    try {
      // A stream that was given up must stay open: the parser reads the rest of the form through it.
      const stream = file.stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
      const { type, body } = await recognizeSource(stream, acceptedTypes(this.config));
      const taskId = newTaskId();
      const key = newSourceKey(taskId);
      const { size, sha256 } = await this.files.put(key, this.whole(body, file), { signal: hangUp.signal });
      return { taskId, key, size, type, sha256, name: fileName(file.originalname), width: null, height: null };
    } catch (error) {
      file.stream.resume();
      throw error;
    } finally {
      request.off('close', onClose);
    }
  }

  /** At the size limit the parser ends the stream as if it were whole. */
  private async *whole(body: AsyncIterable<Uint8Array>, file: Express.Multer.File): AsyncGenerator<Uint8Array> {
    yield* body;
    if ((file.stream as { truncated?: boolean }).truncated) throw tooLarge(this.config.maxUploadBytes);
  }
}

export function tooLarge(maxUploadBytes: number): Problem {
  return new Problem('payload-too-large', `An image may have at most ${maxUploadBytes} bytes`);
}
