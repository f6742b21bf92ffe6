import type { Writable } from 'node:stream';
import { abortOnHangUp, Problem } from '#contracts';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Request, RequestHandler, Response } from 'express';
import multer, { MulterError } from 'multer';
import { catchError, from, mergeMap, type Observable } from 'rxjs';
import { MasterConfig } from '../config.js';
import { Submission } from './submission.js';
import { UploadSlots } from './upload-slots.js';
import { SourceStorage, tooLarge, type StoredSource } from './source-storage.js';

/** Room for the parts of the form around the image. */
const formBytes = 1024 * 1024;
const fieldLimit = 20;
const fieldBytes = 100_000;
const fieldNameBytes = 100;

/**
 * Receives the form of an upload: streams its image into the file store, and takes a stored image back when the
 * request is then refused. An image whose fate is unknown (a service did not answer) is left to the janitor: its task
 * may yet come to be.
 */
@Injectable()
export class UploadInterceptor implements NestInterceptor {
  private readonly parseForm: RequestHandler;

  constructor(
    private readonly sources: SourceStorage,
    private readonly submission: Submission,
    private readonly slots: UploadSlots,
    private readonly config: MasterConfig,
  ) {
    const options = {
      storage: sources,
      streamHandler: feedParser,
      defParamCharset: 'utf8',
      limits: {
        files: 1,
        fileSize: config.maxUploadBytes,
        fields: fieldLimit,
        parts: fieldLimit + 1,
        fieldSize: fieldBytes,
        fieldNameSize: fieldNameBytes,
        // Fields are texts: `labels[a]` is no way to write an object.
        fieldNestingDepth: 0,
      },
    };
    this.parseForm = multer(options).single('image');
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const hangUp = abortOnHangUp(request, response);
    // Asked here, nobody waits in line for a refusal; asked again in `receive`, after that wait.
    const received = this.submission
      .requireDb()
      .then(() => this.slots.run(() => this.receive(request, response, hangUp), hangUp));
    return from(received).pipe(
      mergeMap(() => next.handle()),
      catchError(async (error: unknown) => {
        const source = uploadedSource(request);
        if (source && isRefusal(error)) await this.sources.discard(source);
        throw error;
      }),
    );
  }

  private async receive(request: Request, response: Response, hangUp: AbortSignal): Promise<void> {
    if (!request.is('multipart/form-data')) {
      throw new Problem('unsupported-media-type', 'Send the image as multipart/form-data, in the field "image"');
    }
    const coding = request.headers['content-encoding'] ?? 'identity';
    if (coding !== 'identity') {
      throw new Problem('unsupported-media-type', `Send the form as it is, not with Content-Encoding ${coding}`);
    }
    // Known to be too large before a byte of it is read: multer would take it all in before it says so. The connection
    // stays open for the rest of the body; closed now, it would be reset before the client has read the answer.
    if (Number(request.headers['content-length'] ?? 0) > this.bodyLimit) throw tooLarge(this.config.maxUploadBytes);
    await this.submission.requireDb();
    // The parser would wait for a request that has ended meanwhile.
    hangUp.throwIfAborted();
    await this.receiveForm(request, response);
    if (!uploadedSource(request)) {
      throw new Problem('missing-file', 'The form has no file in the field "image", or one whose name cannot be read');
    }
  }

  /** The whole form, or a refusal as soon as there is a reason: multer would wait for its end, which may never come. */
  private receiveForm(request: Request, response: Response): Promise<void> {
    return new Promise((resolve, reject) => {
      let received = 0;
      const count = ({ length }: Buffer): void => {
        received += length;
        if (received <= this.bodyLimit) return;
        request.off('data', count);
        const refusal = tooLarge(this.config.maxUploadBytes);
        // To multer the request has failed, so that it takes back what is stored, or being stored.
        request.emit('error', refusal);
        reject(refusal);
      };
      void this.parseForm(request, response, (error?: unknown) => {
        request.off('data', count);
        if (error) reject(this.problemOf(error));
        else resolve();
      });
      request.on('data', count);
    });
  }

  private get bodyLimit(): number {
    return this.config.maxUploadBytes + formBytes;
  }

  private problemOf(error: unknown): unknown {
    if (error instanceof Problem) return error;
    if (!(error instanceof MulterError)) {
      const { message } = error as Error;
      return new Problem('malformed-body', reasons[message] ?? message, { cause: error });
    }
    switch (error.code) {
      case 'LIMIT_FILE_SIZE':
        return tooLarge(this.config.maxUploadBytes);
      case 'LIMIT_UNEXPECTED_FILE':
      case 'LIMIT_FILE_COUNT':
        return new Problem('unexpected-file', 'The form must have one file, in the field "image"');
      default:
        return new Problem('malformed-body', reasons[error.code] ?? `The form cannot be read: ${error.message}`);
    }
  }
}

/**
 * Gives a form to multer's parser. Once multer has refused a form, and taken back what was stored, it takes the form from
 * the parser and waits for the end of the request before it says so; any error of the request ends that wait. The rest
 * of the form is read all the same.
 */
function feedParser(request: Request, parser: Writable): void {
  parser.once('unpipe', () => {
    // A connection that is not kept is closed behind the answer: on a body that still comes it would be reset, and the
    // answer lost.
    if (request.readableEnded || !request.res?.shouldKeepAlive) return;
    process.nextTick(() => request.emit('error', new Error('The form is refused')));
  });
  request.pipe(parser);
}

const cutOff = 'The form ends before its last boundary: it was cut off, or has another boundary';

/** What is wrong with a form, and what is allowed, by what multer and its parser say. */
const reasons: Partial<Record<string, string>> = {
  'Multipart: Boundary not found': 'Content-Type must name the boundary: multipart/form-data; boundary=<text>',
  'Malformed content type': 'Content-Type cannot be read; it must be multipart/form-data; boundary=<text>',
  'Malformed part header': 'A part of the form has headers that cannot be read, or more than 16 KB of them',
  'Unexpected end of form': cutOff,
  'Unexpected end of file': cutOff,
  MISSING_FIELD_NAME: 'A part of the form has no name',
  LIMIT_FIELD_KEY: `The name of a field may have ${fieldNameBytes} bytes`,
  LIMIT_FIELD_VALUE: `A field may have ${fieldBytes} bytes`,
  LIMIT_FIELD_COUNT: `The form may have ${fieldLimit} fields beside the image`,
  LIMIT_PART_COUNT: `The form may have ${fieldLimit} fields beside the image`,
  LIMIT_FIELD_NESTING: 'The name of a field may have no brackets',
};

/** The image of the form being served; undefined when there is none. */
export function uploadedSource(request: Request): StoredSource | undefined {
  return (request.file as { source?: StoredSource } | undefined)?.source;
}

/** A definite refusal: no task was made, and none will be. After anything else one may be, or may come to be. */
function isRefusal(error: unknown): boolean {
  return Problem.is(error) && !Problem.is(error, 'service-unavailable', 'internal-error');
}
