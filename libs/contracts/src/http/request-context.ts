import { AsyncLocalStorage } from 'node:async_hooks';

/** What belongs to the request being served, or to the task being worked on, wherever the code is. */
export interface RequestContext {
  requestId: string;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();
