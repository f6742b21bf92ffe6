/** Why something was not done: a problem that the service answered, or no answer at all (status 0). */
export class Failure extends Error {
  constructor({ status = 0, code = 'no-answer', detail = 'The service cannot be reached.' } = {}, retryAfter = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.detail = detail;
    /** How long the service asks to wait before the next try, in seconds. */
    this.retryAfter = retryAfter;
  }

  /** The failure that an answer with an error status tells of. */
  static of(status, body, retryAfter) {
    const { code = `status-${status}`, detail = `The service answered ${status}.` } = body ?? {};
    return new Failure({ status, code, detail }, Number(retryAfter) || 0);
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.code === 'task-gone';
  }

  /** Whether what was asked for may have been done all the same. */
  get unsure() {
    return this.status === 0 || (this.status >= 500 && this.code !== 'queue-full' && this.code !== 'storage-full');
  }
}
