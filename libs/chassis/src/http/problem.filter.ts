import { HangUp, Problem, problemCodes, type ProblemCode } from '#contracts';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';

/** The codes for errors that Nest, Express and the body parser raise by status alone. */
const codeOfStatus: Partial<Record<number, ProblemCode>> = {
  400: 'malformed-body',
  404: 'route-not-found',
  405: 'method-not-allowed',
  413: 'payload-too-large',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
};

/**
 * Answers every error as `application/problem+json`. Unexpected errors are logged in full and answered without their
 * text, which may hold what a client must not see.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (error instanceof HangUp) return;
    if (isHealthReport(error)) return void response.status(error.getStatus()).json(error.getResponse());
    const problem = toProblem(error);
    if (problem.code === 'internal-error') this.logger.error(error, `${request.method} ${request.path}`);
    if (isOperators(problem)) this.logger.warn(`${request.method} ${request.path}: ${problem.message}`);
    if (response.headersSent) return void response.destroy();
    const { retryAfterSeconds, size } = problem.extras;
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
    if (problem.code === 'range-not-satisfiable') response.setHeader('Content-Range', `bytes */${size ?? '*'}`);
    if (problem.code === 'unauthorized') response.setHeader('WWW-Authenticate', 'Bearer');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem.toDetails()));
  }
}

/** What an operator has to look after. A problem that another service has answered has no cause: it was logged there. */
function isOperators({ code, cause }: Problem): boolean {
  return code === 'storage-full' || (code === 'service-unavailable' && cause !== undefined);
}

/** The problem that tells a client of an error. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // A path that cannot be decoded, like `/task/%zz`, is the path of nothing.
  if (error instanceof HttpException && error.cause instanceof URIError)
    return new Problem('route-not-found', error.message);
  const limit = bodyLimitOf(error);
  if (limit !== undefined) return new Problem('payload-too-large', `A JSON body may have ${limit} bytes`);
  const status = statusOf(error);
  const code = status === undefined ? undefined : codeOfStatus[status];
  if (code) return new Problem(code, (error as Error).message);
  if (status !== undefined && status >= 400 && status < 500)
    return new Problem('invalid-request', (error as Error).message);
  return new Problem('internal-error', problemCodes['internal-error'].title);
}

/** The HTTP status that an error of Nest, or of Express's body parser, carries. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  return typeof status === 'number' && expose === true ? status : undefined;
}

/** What a body may have, when the error is that of the body parser for one that has more. */
function bodyLimitOf(error: unknown): number | undefined {
  const { type, limit } = ((error as Error | undefined)?.cause ?? {}) as { type?: unknown; limit?: unknown };
  return type === 'entity.too.large' && typeof limit === 'number' ? limit : undefined;
}

/** Terminus throws its report of a service that is not ready; the report is the answer. */
function isHealthReport(error: unknown): error is HttpException {
  if (!(error instanceof HttpException)) return false;
  const report = error.getResponse();
  return typeof report === 'object' && 'details' in report && 'status' in report;
}
