import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create as createAxios } from 'axios';
import { expect, onTestFinished, vi } from 'vitest';
import type { ConnectionFailure } from '../src/http/connection-failure.js';
import { FixedEndpoints } from '../src/http/endpoints.js';
import type { Patience } from '../src/http/patience.js';
import { ServiceClient } from '../src/http/service-client.js';

/** How a server under test answers. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Server {
  endpoint: string;
  requests: IncomingMessage[];
}

/** A real server that answers as db, or as somebody else, for one test. */
export async function server(answer: Answer, identity: { service?: string; store?: string } = {}): Promise<Server> {
  const requests: IncomingMessage[] = [];
  const listening = createServer((request, response) => {
    requests.push(request);
    if (identity.service !== '') response.setHeader('Micro-Service', identity.service ?? 'db');
    if (identity.store) response.setHeader('Micro-Store', identity.store);
    void answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => {
    listening.close();
    listening.closeAllConnections();
  });
  return { endpoint: `127.0.0.1:${(listening.address() as AddressInfo).port}`, requests };
}

/** An endpoint on which nobody listens any more. */
export async function closedEndpoint(): Promise<string> {
  const closing = createServer().listen(0, '127.0.0.1');
  await once(closing, 'listening');
  const { port } = closing.address() as AddressInfo;
  closing.close();
  await once(closing, 'close');
  return `127.0.0.1:${port}`;
}

/** A client of db, and what it sets aside, as `kind endpoint`. */
export function clientOf(endpoints: string[], options: { token?: string; patience?: Patience } = {}) {
  const fixed = new FixedEndpoints('db', endpoints as [string, ...string[]]);
  const aside: string[] = [];
  vi.spyOn(fixed, 'setAside').mockImplementation(((failure: ConnectionFailure) => {
    aside.push(`${failure.kind} ${failure.endpoint}`);
  }) as () => void);
  return { client: new ServiceClient(fixed, createAxios(), options.token, options.patience), aside };
}

/** Matches a problem by its code, and by a part of its message. */
export function problem(code: string, message?: string): unknown {
  return expect.objectContaining({
    name: 'Problem',
    code,
    ...(message && { message: expect.stringContaining(message) as unknown }),
  });
}
