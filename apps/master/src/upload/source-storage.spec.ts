import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { json } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StoredFile } from '#contracts';
import { describe, expect, it, vi } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { formEnd, formHeaders, multipart, partHead } from '../../test/multipart.js';
import { picture, pngOfSize } from '../../test/pictures.js';
import { RunningMaster, type Answer } from '../../test/running-master.js';

function upload(master: RunningMaster, bytes: Buffer): Promise<Answer> {
  const { headers, body } = multipart([['image', { filename: 'photo.png', bytes }]]);
  return master.send('POST', '/task', headers, body);
}

/** An upload that is sent piece by piece, up to wherever a test wants to leave it. */
function beginUpload(master: RunningMaster, headers: Record<string, string | number> = {}): ClientRequest {
  const request = httpRequest({
    method: 'POST',
    port: master.port,
    host: '127.0.0.1',
    path: '/task',
    headers: { ...formHeaders, ...headers } as Record<string, string>,
    agent: false,
  });
  request.on('error', () => undefined);
  return request;
}

describe('the source of an upload', () => {
  it('arrives whole: size and digest are those of the bytes that were sent', async () => {
    const master = await RunningMaster.start();
    const bytes = Buffer.concat([picture('picture.png'), randomBytes(3_000_000)]);

    const answer = await upload(master, bytes);

    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(answer.json.source).toMatchObject({ size: bytes.length, sha256 });
    expect((master.files as MemoryFileStore).held.get(master.files.keys[0]!)!.bytes.equals(bytes)).toBe(true);
  });

  it('goes into storage at the pace of storage: master holds no more of it than a few chunks', async () => {
    const slow = new WatchedStore();
    const master = await RunningMaster.start({}, slow);
    slow.bytesArrived = () => master.connections.at(-1)!.bytesRead;
    const size = 48 * 1024 ** 2;
    const request = beginUpload(master);

    await pipeline(Readable.from(largeForm(size)), request);
    const [response] = (await once(request, 'response')) as [IncomingMessage];

    expect(((await json(response)) as { source: object }).source).toMatchObject({ size });
    expect(slow.consumed).toBe(size);
    expect(slow.longestQueue).toBeLessThan(1024 ** 2);
  });

  describe('that is too large', () => {
    const maxUploadBytes = 100_000;

    it('is taken at exactly the limit', async () => {
      const master = await RunningMaster.start({ maxUploadBytes });

      const answer = await upload(master, pngOfSize(maxUploadBytes));

      expect(answer).toMatchObject({ status: 201, json: { source: { size: maxUploadBytes } } });
    });

    it.each([1, 2, 70_000, 1_000_000])('is refused %i bytes above the limit, and leaves nothing', async (more) => {
      const master = await RunningMaster.start({ maxUploadBytes });
      const put = vi.spyOn(master.files, 'put');

      const answer = await upload(master, pngOfSize(maxUploadBytes + more));

      expect(answer).toMatchObject({ status: 413, json: { code: 'payload-too-large' } });
      expect(answer.json.detail).toBe('An image may have at most 100000 bytes');
      // Never stored, not even for a moment: a cut picture may look like a whole one.
      await expect(put.mock.results[0]!.value).rejects.toMatchObject({ code: 'payload-too-large' });
      expect(master.files.keys).toEqual([]);
      expect((await master.tasks.list()).tasks).toEqual([]);
    });

    it('is refused at once when its length is told before its bytes', async () => {
      const master = await RunningMaster.start({ maxUploadBytes });
      const request = beginUpload(master, { 'Content-Length': maxUploadBytes + 1024 ** 2 + 1 });
      request.flushHeaders();

      const [response] = (await once(request, 'response')) as [IncomingMessage];

      expect(response.statusCode).toBe(413);
      expect(await json(response)).toMatchObject({ code: 'payload-too-large' });
      request.destroy();
    });
  });

  describe('whose client hangs up', () => {
    it('before its type is known leaves nothing, and makes room for the next', async () => {
      const master = await RunningMaster.start({ uploadSlots: 1 });
      const put = vi.spyOn(master.files, 'put');
      const request = beginUpload(master);
      request.write(partHead('image', 'photo.png'));
      request.write(picture('picture.png'));
      await vi.waitFor(() => expect(master.connections[0]?.bytesRead).toBeGreaterThan(300));

      request.destroy();
      await vi.waitFor(() => expect(master.connections[0]!.destroyed).toBe(true));

      expect(put).not.toHaveBeenCalled();
      expect(await upload(master, picture('picture.png'))).toMatchObject({ status: 201 });
      expect(master.files.keys).toHaveLength(1);
      expect(master.errors).toEqual([]);
    });

    it('in the middle of the body leaves nothing', async () => {
      const master = await RunningMaster.start();
      const put = vi.spyOn(master.files, 'put');
      const request = beginUpload(master);
      request.write(partHead('image', 'photo.png'));
      request.write(pngOfSize(1_000_000));
      await vi.waitFor(() => expect(put).toHaveBeenCalled());

      request.destroy();

      await expect(put.mock.results[0]!.value).rejects.toThrow();
      expect(put.mock.calls[0]![2]!.signal!.aborted).toBe(true);
      expect(master.files.keys).toEqual([]);
      expect(master.errors).toEqual([]);
    });

    it('when storage has all bytes and has not answered yet, leaves nothing', async () => {
      const master = await RunningMaster.start();
      const answer = Promise.withResolvers<void>();
      const store = master.files.put.bind(master.files);
      vi.spyOn(master.files, 'put').mockImplementation(async (...asked) => {
        const stored = await store(...asked);
        await answer.promise;
        return stored;
      });
      const request = beginUpload(master);
      request.write(partHead('image', 'photo.png'));
      request.write(pngOfSize(10_000));
      request.write(Buffer.concat([Buffer.from('\r\n'), partHead('recipe'), Buffer.from('neg')]));
      await vi.waitFor(() => expect(master.files.keys).toHaveLength(1));
      request.destroy();
      await vi.waitFor(() => expect(master.connections[0]!.destroyed).toBe(true));

      answer.resolve();

      await vi.waitFor(() => expect(master.files.keys).toEqual([]));
    });

    it('behind the image, before the end of the form, leaves nothing', async () => {
      const master = await RunningMaster.start();
      const request = beginUpload(master);
      request.write(partHead('image', 'photo.png'));
      request.write(pngOfSize(10_000));
      request.write(Buffer.concat([Buffer.from('\r\n'), partHead('recipe'), Buffer.from('neg')]));
      await vi.waitFor(() => expect(master.files.keys).toHaveLength(1));

      request.destroy();

      await vi.waitFor(() => expect(master.files.keys).toEqual([]));
      expect((await master.tasks.list()).tasks).toEqual([]);
      expect(master.errors).toEqual([]);
    });
  });
});

async function* largeForm(size: number): AsyncGenerator<Uint8Array> {
  yield partHead('image', 'photo.png');
  yield picture('picture.png');
  const chunk = Buffer.alloc(256 * 1024);
  for (let left = size - picture('picture.png').length; left > 0; left -= chunk.length) {
    yield chunk.subarray(0, Math.min(left, chunk.length));
  }
  yield Buffer.concat([Buffer.from('\r\n'), formEnd]);
}

/** A storage that takes its time, keeps nothing, and sees how far the network is ahead of it. */
class WatchedStore extends MemoryFileStore {
  consumed = 0;
  longestQueue = 0;
  bytesArrived: () => number = () => 0;

  override async put(key: string, body: AsyncIterable<Uint8Array>): Promise<StoredFile> {
    for await (const chunk of body) {
      await nextTurn();
      this.longestQueue = Math.max(this.longestQueue, this.bytesArrived() - this.consumed);
      this.consumed += chunk.length;
    }
    return { key, size: this.consumed, sha256: '0'.repeat(64) };
  }
}
