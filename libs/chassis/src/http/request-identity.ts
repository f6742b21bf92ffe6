import { randomUUID } from 'node:crypto';
import { headers, requestContext } from '#contracts';
import type { RequestHandler } from 'express';
import type { ServiceIdentity } from '../service-identity.js';

const requestIdPattern = /^[\w.:-]{1,100}$/;

/** Gives every request its id, taken over from the caller when there is one, and every answer the service's identity. */
export function requestIdentity(identity: ServiceIdentity): RequestHandler {
  return (request, response, next) => {
    const given = request.headers[headers.requestId.toLowerCase()];
    const requestId = typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
    response.setHeader(headers.requestId, requestId);
    response.setHeader(headers.service, identity.service);
    if (identity.storeId) response.setHeader(headers.store, identity.storeId);
    requestContext.run({ requestId }, next);
  };
}
