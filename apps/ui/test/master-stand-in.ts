import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { headers } from '#contracts';
import { onTestFinished } from 'vitest';

export interface StandIn {
  endpoint: string;
  /** What arrived so far, as `METHOD /path?query`. */
  requests: string[];
  /** The last request that arrived. */
  last(): IncomingMessage;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server that answers in master's name, for one test. */
export async function standInForMaster(answer: Answer, service = 'master'): Promise<StandIn> {
  const arrived: IncomingMessage[] = [];
  const requests: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    arrived.push(request);
    requests.push(`${request.method} ${request.url}`);
    response.setHeader(headers.service, service);
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    last: () => arrived.at(-1)!,
  };
}
