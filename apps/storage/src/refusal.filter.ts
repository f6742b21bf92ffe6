import { ProblemFilter } from '#chassis';
import { Catch, type ArgumentsHost } from '@nestjs/common';
import type { Request, Response } from 'express';

/** How long a refused client may go on sending. */
const lingerMs = 2000;

/**
 * Answers a refused upload so that the client gets to see the answer. Node closes the connection with the answer's
 * last byte, or reads on for ever; and closing it on bytes that nobody read makes the system reset it, which may
 * overtake the answer. So the answer goes out whole and at once, what still comes in is thrown away until the client
 * has seen it and stops, and after `lingerMs` the connection is closed in any case.
 */
@Catch()
export class RefusalFilter extends ProblemFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    if (!request.complete && !request.destroyed) linger(request, http.getResponse<Response>());
    super.catch(error, host);
  }
}

/** Holds back the end of an answer, but none of its bytes, while the request is still coming in. */
function linger(request: Request, response: Response): void {
  const end = response.end.bind(response) as () => Response;
  response.setHeader('Connection', 'close');
  response.end = ((body: string | Buffer) => {
    response.write(body);
    const timer = setTimeout(end, lingerMs);
    const finish = (): void => {
      clearTimeout(timer);
      end();
    };
    request.once('end', finish).once('close', finish).resume();
    return response;
  }) as Response['end'];
}
