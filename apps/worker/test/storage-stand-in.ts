import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  FixedEndpoints,
  headers,
  HttpFileStore,
  Problem,
  ServiceClient,
  type FileReference,
  type Task,
} from '#contracts';
import { create as createAxios } from 'axios';
import { onTestFinished } from 'vitest';
import { runningTask, unavailable } from './lease-desk.js';

/** What can go wrong with a download on its way. */
export type Damage = 'shorter' | 'longer' | 'altered' | 'broken off' | 'silent';

/**
 * The two routes of storage that a worker needs, in memory and over real sockets, for one test. What a store does is
 * tested with the stores; this one can be made to fail.
 */
export class StorageStandIn {
  readonly files = new Map<string, Buffer>();
  /** Every request that came, as `METHOD key`. */
  readonly requests: string[] = [];
  readonly damages: Damage[] = [];
  /** Answered instead of a file, or instead of storing one; one for each request, in this order. Undefined refuses none. */
  readonly refusals: Record<'GET' | 'PUT', (Problem | undefined)[]> = { GET: [], PUT: [] };
  /** Methods that are answered as if storage could not be reached. */
  readonly away = new Set<'GET' | 'PUT'>();
  /** Downloads that were begun and whose connection is still open. */
  openDownloads = 0;
  private endpoint = '';

  static async start(): Promise<StorageStandIn> {
    const storage = new StorageStandIn();
    const server = createServer((request, response) => void storage.answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    storage.endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return storage;
  }

  /** The real client, which knows nothing of all this. */
  get client(): HttpFileStore {
    return new HttpFileStore(new ServiceClient(new FixedEndpoints('storage', [this.endpoint]), createAxios()));
  }

  /** A running task whose source is stored here. */
  taskWith(source: Buffer, chosen: Partial<Task> = {}): Task {
    const task = runningTask(chosen);
    this.files.set(task.source.key, source);
    return { ...task, source: { ...task.source, ...sumOf(source) } };
  }

  /** The bytes of an output. */
  bytesOf({ key }: FileReference): Buffer {
    return this.files.get(key)!;
  }

  /** How many requests of a method came. */
  count(method: 'GET' | 'PUT'): number {
    return this.requests.filter((request) => request.startsWith(method)).length;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method as 'GET' | 'PUT';
    const key = request.url!.slice('/files/'.length);
    this.requests.push(`${method} ${key}`);
    response.setHeader(headers.service, 'storage');
    const body = await buffer(request).catch(() => null);
    if (!body) return;
    const refusal = this.away.has(method) ? unavailable() : this.refusals[method].shift();
    if (refusal) return refuse(response, refusal);
    if (method === 'GET') return this.send(response, key);
    this.files.set(key, body);
    response.writeHead(201, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ key, ...sumOf(body) }));
  }

  private send(response: ServerResponse, key: string): void {
    const bytes = this.files.get(key);
    if (!bytes) return refuse(response, new Problem('file-not-found', `There is no file ${key}`));
    this.openDownloads++;
    response.once('close', () => this.openDownloads--);
    const damage = this.damages.shift();
    if (damage === 'broken off' || damage === 'silent') {
      response.setHeader('Content-Length', bytes.length);
      response.write(bytes.subarray(0, bytes.length / 2), () => damage === 'broken off' && response.destroy());
      return;
    }
    response.end(damage ? damaged(bytes, damage) : bytes);
  }
}

function damaged(bytes: Buffer, damage: Damage): Buffer {
  if (damage === 'shorter') return bytes.subarray(0, bytes.length - 1);
  if (damage === 'longer') return Buffer.concat([bytes, Buffer.from([0])]);
  const altered = Buffer.from(bytes);
  altered[bytes.length - 1]! ^= 1;
  return altered;
}

function sumOf(bytes: Buffer): { size: number; sha256: string } {
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function refuse(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify(problem.toDetails()));
}
