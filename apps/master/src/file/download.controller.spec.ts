import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { newOutputPrefix, newSourceKey, Problem, type FileReference, type Task } from '#contracts';
import { leaseNext, newTask } from '#suites/task-store.fixtures';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RunningMaster, type Answer } from '../../test/running-master.js';

const result = Buffer.from('0123456789');

/** A stream that never ends by itself. */
function endless(): Readable {
  return new Readable({ read: () => undefined });
}

describe('a download', () => {
  let master: RunningMaster;
  let id: string;
  let output: FileReference;

  beforeEach(async () => {
    master = await RunningMaster.start();
    const task = await queued('my photo.v2.jpg');
    id = task.id;
    output = await finish([{ name: 'thumb', type: 'image/webp' }]);
  });

  /** A file in storage, as a task names it. */
  async function stored(key: string, name: string, type: string, bytes: Buffer): Promise<FileReference> {
    const body = (async function* () {
      yield bytes;
    })();
    return { ...(await master.files.put(key, body)), name, type, width: null, height: null };
  }

  async function queued(name: string): Promise<Task> {
    const task = newTask();
    const source = await stored(newSourceKey(task.id), name, 'image/jpeg', Buffer.from('the source'));
    return (await master.tasks.create({ ...task, source })).task;
  }

  /** Finishes the next task with these outputs. @returns the first */
  async function finish(outputs: { name: string; type: string }[]): Promise<FileReference> {
    const { lease, token } = await leaseNext(master.tasks);
    const prefix = newOutputPrefix(lease.task.id, lease.task.leaseNumber);
    const files = await Promise.all(outputs.map(({ name, type }) => stored(prefix + name, name, type, result)));
    await master.tasks.finish(lease.task.id, token, files);
    return files[0]!;
  }

  const download = (headers?: Record<string, string>): Promise<Answer> => master.get(`/task/${id}/download`, headers);

  const ranged = (ifRange: string): Promise<Answer> => download({ Range: 'bytes=2-4', 'If-Range': ifRange });

  /** Begins a download of this stream. */
  async function begin(stream: Readable): Promise<IncomingMessage> {
    vi.spyOn(master.files, 'open').mockResolvedValue({ size: 1_000_000, range: null, stream });
    const request = httpRequest({ port: master.port, host: '127.0.0.1', path: `/task/${id}/download`, agent: false });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  }

  it('gives the bytes, as a file of their own type that no browser shows as a page', async () => {
    const { status, headers, body } = await download();

    expect(status).toBe(200);
    expect(body).toEqual(result);
    expect(headers).toMatchObject({
      'content-type': 'image/webp',
      'content-length': '10',
      'content-disposition': 'attachment; filename="my photo.v2-thumb.webp"',
      etag: `"${output.sha256}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it('of the source gives the upload, under its name', async () => {
    const { headers, body } = await master.get(`/task/${id}/source`);

    expect(body.toString()).toBe('the source');
    expect(headers).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': 'attachment; filename="my photo.v2.jpg"',
    });
  });

  it.each([
    ['evil.html', 'evil.jpg'],
    ['photo', 'photo.jpg'],
    ['photo.jpeg', 'photo.jpg'],
    ['photo.jpg.exe', 'photo.jpg.jpg'],
  ])('of a source called %j has the extension of its type, not that of its name', async (name, shown) => {
    const task = await queued(name);

    const { headers } = await master.get(`/task/${task.id}/source`);

    expect(headers['content-disposition']).toBe(`attachment; filename=${shown}`);
  });

  it('has a name of any script', async () => {
    const task = await queued('Zürich 東京.jpg');
    await finish([{ name: 'image', type: 'image/jpeg' }]);

    const { headers } = await master.get(`/task/${task.id}/download`);

    expect(headers['content-disposition']).toContain(`filename*=UTF-8''Z%C3%BCrich%20%E6%9D%B1%E4%BA%AC-image.jpg`);
  });

  it('has a name though its source has none, and an extension of any type', async () => {
    const task = await queued('image');
    await finish([
      { name: 'a', type: 'image/apng' },
      { name: 'b', type: 'image/unheard-of' },
    ]);
    const nameOf = async (name: string): Promise<string | undefined> =>
      (await master.get(`/task/${task.id}/download?output=${name}`)).headers['content-disposition'];

    expect(await nameOf('a')).toBe('attachment; filename=image-a.png');
    expect(await nameOf('b')).toBe('attachment; filename=image-b.bin');
  });

  it.each(['output=', 'output=a&output=b', 'name=thumb', `output=${'a'.repeat(65)}`])('refuses ?%s', async (query) => {
    const answer = await master.get(`/task/${id}/download?${query}`);

    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid-request' } });
  });

  it('finds no output that the task does not have', async () => {
    const answer = await master.get(`/task/${id}/download?output=full`);

    expect(answer).toMatchObject({ status: 404, json: { code: 'output-not-found' } });
  });

  it('is refused with 409 before the task is finished', async () => {
    const task = await queued('photo.jpg');

    const answer = await master.get(`/task/${task.id}/download`);

    expect(answer).toMatchObject({ status: 409, json: { code: 'not-finished' } });
    expect((await master.get(`/task/${task.id}/source`)).status).toBe(200);
  });

  describe('with a range', () => {
    it.each([
      ['bytes=0-0', 'bytes 0-0/10', '0'],
      ['bytes=2-4', 'bytes 2-4/10', '234'],
      ['bytes=7-', 'bytes 7-9/10', '789'],
      ['bytes=-3', 'bytes 7-9/10', '789'],
      ['bytes=5-99', 'bytes 5-9/10', '56789'],
    ])('%s gives %s', async (range, contentRange, bytes) => {
      const { status, headers, body } = await download({ Range: range });

      expect(status).toBe(206);
      expect(headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(bytes.length) });
      expect(body.toString()).toBe(bytes);
    });

    it.each(['bytes=a-b', 'bytes=4-2', 'bytes=0-1,3-4', 'lines=0-1'])('%s gives all', async (range) => {
      expect(await download({ Range: range })).toMatchObject({ status: 200, body: result });
    });

    it('outside of the file is refused, and the size told', async () => {
      const { status, headers, json } = await download({ Range: 'bytes=10-' });

      expect({ status, code: json.code }).toEqual({ status: 416, code: 'range-not-satisfiable' });
      expect(headers['content-range']).toBe('bytes */10');
    });

    it('gives the part only of the file that the client has begun with', async () => {
      expect((await ranged(`"${output.sha256}"`)).status).toBe(206);
      for (const other of ['"another"', `W/"${output.sha256}"`, 'Sat, 01 Aug 2026 12:00:00 GMT']) {
        expect(await ranged(other)).toMatchObject({ status: 200, body: result });
      }
    });
  });

  describe('that the client has already', () => {
    it('is not sent again', async () => {
      const open = vi.spyOn(master.files, 'open');
      for (const tag of [`"${output.sha256}"`, `W/"${output.sha256}"`, `"other", "${output.sha256}"`, '*']) {
        const { status, headers, body } = await download({ 'If-None-Match': tag });

        expect({ status, length: body.length }).toEqual({ status: 304, length: 0 });
        expect(headers.etag).toBe(`"${output.sha256}"`);
      }
      expect(open).not.toHaveBeenCalled();
    });

    it('is sent when it has another', async () => {
      expect(await download({ 'If-None-Match': '"another"' })).toMatchObject({ status: 200, body: result });
    });
  });

  describe('asked for by HEAD', () => {
    it.each([{}, { Range: 'bytes=2-4' }])('gives the headers of the whole file, with %j too', async (asked) => {
      const { status, headers, body } = await master.send('HEAD', `/task/${id}/download`, asked);

      expect({ status, length: body.length }).toEqual({ status: 200, length: 0 });
      expect(headers).toMatchObject({
        'content-length': '10',
        etag: `"${output.sha256}"`,
        'content-type': 'image/webp',
      });
    });

    it('opens no file', async () => {
      const open = vi.spyOn(master.files, 'open');

      await master.send('HEAD', `/task/${id}/download`);

      expect(open).not.toHaveBeenCalled();
    });

    it('is not found when storage has lost the file', async () => {
      await master.files.delete(output.key);

      expect(await master.send('HEAD', `/task/${id}/download`)).toMatchObject({ status: 404 });
    });
  });

  it('that storage has lost is told so, without the key that only services know', async () => {
    await master.files.delete(output.key);

    const answer = await download();

    expect(answer).toMatchObject({ status: 404, json: { code: 'file-not-found' } });
    expect(answer.body.toString()).not.toContain(output.key);
    expect(answer.headers).not.toHaveProperty('content-disposition');
  });

  it.each([
    ['has lost the file', new Problem('file-not-found', 'There is no file'), 404],
    ['is away', new Problem('service-unavailable', 'storage cannot be reached'), 503],
  ])('from a storage that %s is a problem, and no attachment', async (_, problem, status) => {
    vi.spyOn(master.files, 'open').mockRejectedValue(problem);

    const answer = await download();

    expect(answer).toMatchObject({ status, json: { code: problem.code } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers).not.toHaveProperty('content-disposition');
    expect(answer.headers).not.toHaveProperty('etag');
  });

  describe('that is broken off', () => {
    it('by the client, closes the file in storage', async () => {
      const stream = endless();
      stream.push(Buffer.alloc(1_000));
      const response = await begin(stream);

      response.destroy();

      await vi.waitFor(() => expect(stream.destroyed).toBe(true));
      expect(master.errors).toEqual([]);
    });

    it('by storage, is broken off for the client: no file looks whole that is not', async () => {
      const stream = endless();
      stream.push(Buffer.alloc(1_000));
      const response = await begin(stream);
      const whole = response.toArray();

      stream.destroy(new Error('the line is dead'));

      await expect(whole).rejects.toThrow('aborted');
      expect(master.errors).toEqual([]);
    });

    it('by the client before storage answers, is given up', async () => {
      const open = vi.spyOn(master.files, 'open').mockImplementation(
        (_key, options) =>
          new Promise((_resolve, reject) => {
            options!.signal!.addEventListener('abort', () => reject(options!.signal!.reason as Error));
          }),
      );
      const request = httpRequest({ port: master.port, host: '127.0.0.1', path: `/task/${id}/download`, agent: false });
      request.on('error', () => undefined);
      request.end();
      await vi.waitFor(() => expect(open).toHaveBeenCalled());

      request.destroy();

      await expect(open.mock.results[0]!.value).rejects.toMatchObject({ name: 'HangUp' });
      expect(master.errors).toEqual([]);
    });
  });
});
