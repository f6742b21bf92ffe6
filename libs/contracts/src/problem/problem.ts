import { isProblemCode, problemCodes, type ProblemCode } from './problem-code.js';

/** One wrong field of a request: where it is, and what is allowed there. */
export interface FieldError {
  field: string;
  message: string;
}

export interface ProblemExtras {
  /** The wrong fields, for `invalid-request`. */
  errors?: FieldError[];
  /** When trying again is worth it, in seconds; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** The size of the file in bytes, for `range-not-satisfiable`; sent in `Content-Range`. */
  size?: number;
  /** Why, for the log: a part of the message, and of nothing that a client sees. */
  cause?: unknown;
}

/** The body of an `application/problem+json` answer (RFC 9457). */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  errors?: FieldError[];
  retryAfterSeconds?: number;
  size?: number;
}

/**
 * An expected error with a stable code. Stores throw it, the problem filter answers it as `application/problem+json`,
 * and the HTTP clients throw it again on the other side, so that a remote store fails like a local one.
 */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly extras: ProblemExtras = {},
  ) {
    const { cause } = extras;
    super([code, detail, ...(cause instanceof Error ? [cause.message] : [])].join(': '), { cause });
    this.name = 'Problem';
  }

  get status(): number {
    return problemCodes[this.code].status;
  }

  toDetails(): ProblemDetails {
    const { errors, retryAfterSeconds, size } = this.extras;
    return {
      type: `urn:node-micro:problem:${this.code}`,
      title: problemCodes[this.code].title,
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...(errors && { errors }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      ...(size !== undefined && { size }),
    };
  }

  /** The problem that a service answered, or null when the body is not one of ours. */
  static fromDetails(body: unknown): Problem | null {
    if (typeof body !== 'object' || body === null) return null;
    const { code, detail, errors, retryAfterSeconds, size } = body as Partial<ProblemDetails>;
    if (!isProblemCode(code)) return null;
    return new Problem(code, detail ?? '', { errors, retryAfterSeconds, size });
  }

  static is(error: unknown, ...codes: ProblemCode[]): error is Problem {
    return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
  }
}
