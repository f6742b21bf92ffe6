import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { loggedErrors } from './harness/logged-errors.js';
import type { ShownTask } from './harness/master-client.js';
import { openFilesOf } from './harness/open-files.js';
import { png } from './harness/photo.js';
import { filePart, formType, rawForm } from './harness/raw-form.js';
import { RawConnection, requestHead } from './harness/raw-request.js';
import { refusalIn } from './harness/refusal.js';
import { System } from './harness/system.js';

const headersSeconds = 1;
const idleSeconds = 3;
const requestSeconds = 2;
/** Slow, but far from silent. */
const paceMs = 200;

const timeout = { timeout: 30_000, interval: 100 };

function uploadHead(length: number): Buffer {
  return requestHead({
    method: 'POST',
    path: '/task',
    headers: [formType, ['Content-Length', String(length)]],
  });
}

/** Sends a body piece by piece, until it is sent or answered. */
async function sendSlowly(connection: RawConnection, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of pieces) {
    if (connection.receivedBytes > 0 || connection.hasEnded) return;
    await connection.send(piece);
    await sleep(paceMs);
  }
}

describe('a slow client', () => {
  const system = System.shared({
    workers: 0,
    env: {
      MICRO_HEADERS_SECONDS: String(headersSeconds),
      MICRO_IDLE_SECONDS: String(idleSeconds),
      MICRO_UPLOAD_SLOTS: '3',
    },
  });
  let image: Buffer;
  let large: ShownTask;
  let master: string;
  beforeAll(async () => {
    image = await png();
    // More than the buffers of all sockets on its way hold.
    large = await system().client.upload(Buffer.concat([image, Buffer.alloc(30e6)]));
    master = await system().endpointOf('master');
  });

  describe.concurrent('is ended', () => {
    it.each(['master', 'db', 'storage', 'ui'] as const)('by %s when it says nothing', async (service) => {
      if (service === 'ui') await system().launch('ui');
      const connection = await RawConnection.open(await system().endpointOf(service));
      expect(await refusalIn(await connection.answer())).toEqual({
        type: 'urn:node-micro:problem:request-timeout',
        title: 'The request did not come in time',
        status: 408,
        code: 'request-timeout',
        detail: `The headers of a request may take ${headersSeconds} s`,
      });
      await connection.closed();
    });

    it('when its headers come a byte now and then', async () => {
      const connection = await RawConnection.open(master);
      await sendSlowly(connection, bytesOf(requestHead({ path: '/queue', headers: [['X-Slow', 'a'.repeat(500)]] })));
      expect(await refusalIn(await connection.answer())).toMatchObject({ status: 408, code: 'request-timeout' });
      await connection.closed();
    });

    it('when its body comes no further', async () => {
      const form = rawForm(filePart(image));
      const connection = await RawConnection.open(master);
      await connection.send(Buffer.concat([uploadHead(form.length), form.subarray(0, -100)]));
      expect(await refusalIn(await connection.answer())).toMatchObject({
        status: 408,
        code: 'request-timeout',
        detail: `Nothing came for ${idleSeconds} s`,
      });
      await connection.closed();
    });

    it('when its body takes too long, though it never rests', async () => {
      const impatient = await system().launch('master', 'master-2', { MICRO_REQUEST_SECONDS: String(requestSeconds) });
      const [, port] = await impatient.line(/is listening on (\d+)/);
      const form = rawForm(filePart(image));
      const connection = await RawConnection.open(`127.0.0.1:${port}`);
      await connection.send(uploadHead(form.length));
      await sendSlowly(connection, bytesOf(form));
      expect(await refusalIn(await connection.answer())).toMatchObject({
        status: 408,
        code: 'request-timeout',
        detail: `A request may take ${requestSeconds} s to come`,
      });
      await connection.closed();
      await impatient.end('SIGTERM');
    });

    it('when it does not read its download', async () => {
      const connection = await RawConnection.open(master);
      await connection.send(requestHead({ path: large.source.href }));
      await vi.waitFor(() => expect(connection.receivedBytes).toBeGreaterThan(0), timeout);
      connection.stopReading();
      const { pid } = system().process('storage');
      const isOpen = async (): Promise<boolean> => (await openFilesOf(pid)).some((path) => path.includes(large.id));
      expect(await isOpen()).toBe(true);
      await vi.waitFor(async () => expect(await isOpen()).toBe(false), timeout);
      connection.goOnReading();
      await connection.closed();
      expect(connection.receivedBytes).toBeLessThan(large.source.size);
    });
  });

  describe.concurrent('is served', () => {
    it('when its upload takes long, but goes on', async () => {
      const form = rawForm(filePart(image));
      const pieces = Math.ceil((2 * idleSeconds * 1_000) / paceMs);
      const size = Math.ceil(form.length / pieces);
      const connection = await RawConnection.open(master);
      await connection.send(uploadHead(form.length));
      await sendSlowly(connection, slices(form, size));
      const answer = await connection.answer();
      expect(answer.status).toBe(201);
      await connection.hangUp();
    });

    it('when it waits for longer than a connection may be silent', async () => {
      const { id } = await system().client.upload(image);
      const response = await system().client.fetch(`/task/${id}?wait=${idleSeconds + 2}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ id, state: 'queued' });
    });

    it('when others have come no further in all places for uploads', async () => {
      const form = rawForm(filePart(image));
      const silent = await Promise.all(Array.from({ length: 6 }, () => RawConnection.open(master)));
      await Promise.all(silent.map((one) => one.send(Buffer.concat([uploadHead(form.length), form.subarray(0, 500)]))));
      expect((await system().client.upload(image)).state).toBe('queued');
      await Promise.all(silent.map((one) => one.closed()));
    });
  });

  it('leaves nothing behind', async () => {
    const { tasks } = (await (await system().client.fetch('/task')).json()) as { tasks: ShownTask[] };
    await vi.waitFor(async () => expect(await system().storedFiles()).toHaveLength(tasks.length), timeout);
    expect(loggedErrors(system())).toEqual([]);
  });
});

function* bytesOf(bytes: Buffer): Generator<Buffer> {
  yield* slices(bytes, 1);
}

function* slices(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
