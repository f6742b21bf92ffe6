import type { Request, Response } from 'express';

/** The client is gone; nobody is left to answer. */
export class HangUp extends Error {
  override name = 'HangUp';
}

/** A signal that aborts when the client hangs up before it was answered: a long poll must then take no task. */
export function abortOnHangUp(request: Request, response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new HangUp(`${request.method} ${request.path}`));
  });
  return controller.signal;
}
