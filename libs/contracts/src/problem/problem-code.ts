/**
 * Every error that crosses a wire, with its HTTP status and its title. The one table from which services answer and
 * by which clients recognise what a remote store threw. Codes are stable: clients may branch on them.
 */
export const problemCodes = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'malformed-body': { status: 400, title: 'The request body cannot be read' },
  'missing-file': { status: 400, title: 'No image was sent' },
  'empty-file': { status: 400, title: 'The image is empty' },
  'unexpected-file': { status: 400, title: 'The form has a file where none is expected' },
  'digest-mismatch': { status: 400, title: 'The bytes received are not the bytes announced' },
  'incomplete-body': { status: 400, title: 'The request body ended too early' },
  unauthorized: { status: 401, title: 'The token or key is missing or wrong' },
  'cross-site-request': { status: 403, title: 'The request came from a page of another site' },
  'route-not-found': { status: 404, title: 'No such route' },
  'task-not-found': { status: 404, title: 'No such task' },
  'output-not-found': { status: 404, title: 'No such output' },
  'file-not-found': { status: 404, title: 'No such file' },
  'registration-not-found': { status: 404, title: 'Nothing is registered under this key' },
  'method-not-allowed': { status: 405, title: 'The route does not know this method' },
  'request-timeout': { status: 408, title: 'The request did not come in time' },
  'lease-lost': { status: 409, title: 'The lease is not held under this token' },
  'not-finished': { status: 409, title: 'The task is not finished' },
  'wrong-state': { status: 409, title: 'The task is in a state that does not allow this' },
  'store-mismatch': { status: 409, title: 'The store belongs to another' },
  'task-gone': { status: 410, title: 'The image was removed before it had a task' },
  'task-deleted': { status: 410, title: 'The task was deleted' },
  'file-exists': { status: 412, title: 'The file exists already' },
  'payload-too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-image-type': { status: 415, title: 'The file is not an image of an allowed type' },
  'unsupported-picture': { status: 415, title: 'The picture is of a kind that cannot be decoded right' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'range-not-satisfiable': { status: 416, title: 'The range is outside of the file' },
  'misdirected-request': { status: 421, title: 'The request is for another host' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers of the request are too large' },
  'internal-error': { status: 500, title: 'Unexpected error' },
  'too-many-uploads': { status: 503, title: 'Too many uploads at once' },
  'queue-full': { status: 503, title: 'Too many tasks wait for a worker' },
  'service-unavailable': { status: 503, title: 'A service that is needed cannot be reached' },
  'storage-full': { status: 507, title: 'The storage is full' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problemCodes;

/** Whether a text, usually from another service's answer, is one of our codes. */
export function isProblemCode(text: unknown): text is ProblemCode {
  return typeof text === 'string' && Object.hasOwn(problemCodes, text);
}
