import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { isAxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { Problem } from '../problem/problem.js';
import { ConnectionFailure } from './connection-failure.js';
import type { Endpoints } from './endpoints.js';
import { headers as names } from './headers.js';
import { patienceWith, type Patience } from './patience.js';
import { requestContext } from './request-context.js';
import { unavailable } from './unavailable.js';
import { WatchedBody } from './watched-body.js';
import { whenSilent } from './when-silent.js';

const tries = 3;

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the service's root, with its query string. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** How long an answer may take beyond the usual, in milliseconds: the wait of a long poll. */
  waitMs?: number;
  signal?: AbortSignal;
}

export interface Exchange {
  method: string;
  path: string;
  headers?: Record<string, string | undefined>;
  /** Streamed; an exchange with a body is tried once, because a stream cannot be read twice. */
  body?: AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
}

/**
 * The way to one service: finds an endpoint, makes sure that the answer is from the service and the store it should be
 * from, tries another endpoint when a connection fails, and throws the problems that the service answers.
 *
 * JSON goes through axios. Bytes go through `node:http`, which streams both ways in flat memory and lets an early
 * refusal through while the body is still being sent.
 *
 * @throws Problem `service-unavailable` when no endpoint gives a usable answer.
 */
export class ServiceClient {
  /** The store that answered first. Another one behind the same name is a stranger for as long as this process runs. */
  private storeId: string | null = null;
  /**
   * An upload never goes over a kept connection: one that the server is closing just then would cost the whole body.
   * Still it must not say `Connection: close`, with which a server that refuses early would reset the connection before
   * its refusal is read.
   */
  private readonly uploadAgent = new Agent({ keepAlive: true, maxFreeSockets: 0 });

  constructor(
    readonly endpoints: Endpoints,
    private readonly axios: AxiosInstance,
    private readonly token: string | null = null,
    private readonly patience: Patience = patienceWith(endpoints.service),
  ) {}

  /** A call with a JSON body, answered in JSON; undefined for an answer without a body. Must be idempotent. */
  async call<Answer>({ method, path, body, waitMs = 0, signal }: Call): Promise<Answer> {
    const response = await this.tryEndpoints(tries, signal, async (endpoint) => {
      const answer = await this.axios
        .request<unknown>({
          url: `http://${endpoint}${path}`,
          method,
          data: body,
          headers: { ...this.ownHeaders(), Accept: 'application/json' },
          timeout: this.patience.callMs + waitMs,
          signal,
          maxRedirects: 0,
          proxy: false,
          validateStatus: () => true,
        })
        .catch((error: unknown) => {
          throw connectionFailure(endpoint, error);
        });
      this.checkIdentity(endpoint, (name) => String((answer as AxiosResponse).headers[name.toLowerCase()] ?? ''));
      return answer;
    });
    if (response.status < 400) return (response.status === 204 ? undefined : response.data) as Answer;
    throw Problem.fromDetails(response.data) ?? this.withoutProblem(response.status);
  }

  /**
   * Streams a body there, or an answer back, whatever its status. Whoever calls must read the answer or destroy it.
   * Rejects with the error of the body's source when that is what failed.
   */
  exchange(exchange: Exchange): Promise<IncomingMessage> {
    return this.tryEndpoints(exchange.body ? 1 : tries, exchange.signal, async (endpoint) => {
      const answer = await this.send(endpoint, exchange);
      try {
        this.checkIdentity(endpoint, (name) => String(answer.headers[name.toLowerCase()] ?? ''));
      } catch (error) {
        answer.destroy();
        throw error;
      }
      return answer;
    });
  }

  /** The problem in the body of an answer that is an error. */
  async problemIn(answer: IncomingMessage): Promise<Problem> {
    const body = await text(answer);
    try {
      const problem = Problem.fromDetails(JSON.parse(body));
      if (problem) return problem;
    } catch {
      // Not JSON, so not from our problem filter.
    }
    return this.withoutProblem(answer.statusCode!);
  }

  private send(endpoint: string, { method, path, headers, body, signal }: Exchange): Promise<IncomingMessage> {
    const { idleMs } = this.patience;
    return new Promise((resolve, reject) => {
      const request = httpRequest(`http://${endpoint}${path}`, {
        method,
        headers: { ...this.ownHeaders(), ...defined(headers) },
        signal,
        timeout: idleMs / 2,
        ...(body && { agent: this.uploadAgent }),
      });
      // However long the source takes for its first bytes: a server wants to hear of a request soon.
      if (body) request.flushHeaders();
      const watched = new WatchedBody(body ?? [], reject);
      let answer: IncomingMessage | undefined;
      request.once('response', (response) => resolve((answer = response)));
      const isOurs = ({ connecting, writableLength }: Socket): boolean =>
        answer ? answer.readableLength > 0 : watched.awaitsSource && !connecting && writableLength === 0;
      whenSilent(request, idleMs, isOurs, () => {
        const reason = `silent for ${idleMs / 1000} s`;
        if (answer) answer.destroy(new Error(`${this.endpoints.service} was ${reason}`));
        else request.destroy(new ConnectionFailure(endpoint, 'silent', reason));
      });
      request.on('error', (error) => reject(connectionFailure(endpoint, error)));
      // The outcome arrives by 'response', by 'error', or from the source: its failure makes the pipeline abort the
      // request, which then knows only of a hang-up, or nothing. A refusal ends the pipeline early, and is the answer.
      pipeline(watched, request).catch(() => undefined);
    });
  }

  private async tryEndpoints<Answer>(
    limit: number,
    signal: AbortSignal | undefined,
    attempt: (endpoint: string) => Promise<Answer>,
  ): Promise<Answer> {
    for (let number = 1; ; number++) {
      const endpoint = await this.endpoints.pick();
      try {
        return await attempt(endpoint);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ConnectionFailure)) throw error;
        this.endpoints.setAside(error);
        if (number >= limit || error.kind === 'silent') throw unavailable(this.endpoints.service, error);
      }
    }
  }

  private checkIdentity(endpoint: string, header: (name: string) => string): void {
    const service = header(names.service);
    if (service !== this.endpoints.service) {
      throw new ConnectionFailure(endpoint, 'stranger', `answers as "${service}", not as ${this.endpoints.service}`);
    }
    const storeId = header(names.store);
    if (storeId === '') return;
    this.storeId ??= storeId;
    if (storeId !== this.storeId) {
      throw new ConnectionFailure(endpoint, 'stranger', `answers for store ${storeId}, not for ${this.storeId}`);
    }
  }

  private ownHeaders(): Record<string, string> {
    const requestId = requestContext.getStore()?.requestId;
    return {
      ...(this.token && { Authorization: `Bearer ${this.token}` }),
      ...(requestId && { [names.requestId]: requestId }),
    };
  }

  private withoutProblem(status: number): Problem {
    return unavailable(this.endpoints.service, new Error(`answered ${status} without a problem`));
  }
}

function connectionFailure(endpoint: string, error: unknown): Error {
  if (error instanceof ConnectionFailure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const silent = isAxiosError(error) && (code === 'ECONNABORTED' || code === 'ETIMEDOUT');
  return new ConnectionFailure(endpoint, silent ? 'silent' : 'refused', code ?? message);
}

function defined(headers: Record<string, string | undefined> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
