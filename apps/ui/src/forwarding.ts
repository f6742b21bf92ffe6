import { pipeline } from 'node:stream/promises';
import { abortOnHangUp, Problem, ServiceClient } from '#contracts';
import { serviceClient } from '#registry';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { forwardedBody } from './forwarded-body.js';
import { headersToBrowser, headersToMaster } from './forwarded-headers.js';

/** Ids need no escapes. Anything else could mean another path to master than the route that it matched here. */
const plainPath = /^(\/[\w-]+)+\/?$/;

/**
 * Passes requests on to master, and its answers back, as streams: a slow reader slows the writer down, and a photo is
 * never held as a whole. A browser that hangs up ends the exchange with master; a master that cannot be reached is
 * answered as the problem `service-unavailable`.
 */
@Injectable()
export class Forwarding {
  private readonly logger = new Logger(Forwarding.name);

  constructor(@Inject(serviceClient('master')) private readonly master: ServiceClient) {}

  async forward(request: Request, response: Response): Promise<void> {
    const signal = abortOnHangUp(request, response);
    const { body, headers } = forwardedBody(request);
    try {
      const answer = await this.master.exchange({
        method: request.method,
        path: pathToMaster(request),
        headers: { ...headersToMaster(request), ...headers },
        body,
        signal,
      });
      response.writeHead(answer.statusCode!, headersToBrowser(answer));
      await pipeline(answer, response);
    } catch (error) {
      // Nobody is left to be answered; the error is only the echo of that.
      if (signal.aborted || request.errored) return;
      if (!response.headersSent) throw error;
      this.logger.warn(`${request.method} ${request.path}: master's answer broke off: ${(error as Error).message}`);
    } finally {
      body?.destroy();
    }
  }
}

function pathToMaster({ path, originalUrl }: Request): string {
  if (!plainPath.test(path)) throw new Problem('route-not-found', `There is no ${path}`);
  const query = originalUrl.indexOf('?');
  return query === -1 ? path : path + originalUrl.slice(query);
}
