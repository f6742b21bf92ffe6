import { abortOnHangUp, Problem } from '#contracts';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Request, RequestHandler, Response } from 'express';
import multer, { MulterError } from 'multer';
import { catchError, from, mergeMap, type Observable } from 'rxjs';
import { MasterConfig } from '../config.js';
import { UploadSlots } from './upload-slots.js';
import { SourceStorage, tooLarge, type StoredSource } from './source-storage.js';

/** Room for the parts of the form around the image. */
const formBytes = 1024 * 1024;

/**
 * Receives the form of an upload: streams its image into the file store, and takes a stored image back when the
 * request is then refused. An image whose fate is unknown (a service did not answer) is left to the janitor: its task
 * may yet come to be.
 */
@Injectable()
export class UploadInterceptor implements NestInterceptor {
  private readonly receiveForm: RequestHandler;

  constructor(
    private readonly sources: SourceStorage,
    private readonly slots: UploadSlots,
    private readonly config: MasterConfig,
  ) {
    this.receiveForm = multer({
      storage: sources,
      defParamCharset: 'utf8',
      limits: {
        files: 1,
        fileSize: config.maxUploadBytes,
        fields: 20,
        parts: 21,
        fieldSize: 100_000,
        fieldNameSize: 100,
      },
    }).single('image');
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const received = this.slots.run(() => this.receive(request, response), abortOnHangUp(request, response));
    return from(received).pipe(
      mergeMap(() => next.handle()),
      catchError(async (error: unknown) => {
        const source = uploadedSource(request);
        if (source && isRefusal(error)) await this.sources.discard(source);
        throw error;
      }),
    );
  }

  private async receive(request: Request, response: Response): Promise<void> {
    if (!request.is('multipart/form-data')) {
      throw new Problem('unsupported-media-type', 'Send the image as multipart/form-data, in the field "image"');
    }
    // Known to be too large before a byte of it is read: multer would take it all in before it says so. The connection
    // stays open for the rest of the body; closed now, it would be reset before the client has read the answer.
    if (Number(request.headers['content-length'] ?? 0) > this.config.maxUploadBytes + formBytes) {
      throw tooLarge(this.config.maxUploadBytes);
    }
    await new Promise<void>((resolve, reject) => {
      void this.receiveForm(request, response, (error?: unknown) => {
        if (error) reject(this.problemOf(error));
        else resolve();
      });
    });
    if (!uploadedSource(request)) {
      throw new Problem('missing-file', 'The form has no file in the field "image"');
    }
  }

  private problemOf(error: unknown): unknown {
    if (error instanceof Problem) return error;
    if (!(error instanceof MulterError))
      return new Problem('malformed-body', (error as Error).message, { cause: error });
    switch (error.code) {
      case 'LIMIT_FILE_SIZE':
        return tooLarge(this.config.maxUploadBytes);
      case 'LIMIT_UNEXPECTED_FILE':
      case 'LIMIT_FILE_COUNT':
        return new Problem('unexpected-file', 'The form must have one file, in the field "image"');
      default:
        return new Problem('malformed-body', `The form cannot be read: ${error.message}`);
    }
  }
}

/** The image of the form being served; undefined when there is none. */
export function uploadedSource(request: Request): StoredSource | undefined {
  return (request.file as { source?: StoredSource } | undefined)?.source;
}

/** A definite refusal: no task was made, and none will be. After anything else one may be, or may come to be. */
function isRefusal(error: unknown): boolean {
  return Problem.is(error) && !Problem.is(error, 'service-unavailable', 'internal-error');
}
