/** Header names of the internal protocol. */
export const headers = {
  /** On every answer: the name of the service that gave it. */
  service: 'Micro-Service',
  /** On every answer of db and storage: the permanent id of its store. */
  store: 'Micro-Store',
  /** On every request and answer: travels through every hop and stands in every log line. */
  requestId: 'X-Request-Id',
} as const;
