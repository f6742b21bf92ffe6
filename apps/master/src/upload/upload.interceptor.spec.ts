import { once } from 'node:events';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { Problem, type Task } from '#contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { formEnd, formHeaders, multipart, partHead, type Part } from '../../test/multipart.js';
import { picture, pngOfSize } from '../../test/pictures.js';
import { RunningMaster, type Answer } from '../../test/running-master.js';

const image: Part = ['image', { filename: 'photo.png', bytes: picture('picture.png') }];
const away = new Problem('service-unavailable', 'db cannot be reached', { retryAfterSeconds: 1 });

function named(filename: string): Part[] {
  return [['image', { filename, bytes: picture('picture.png') }]];
}

function upload(master: RunningMaster, parts: Part[], headers: Record<string, string> = {}): Promise<Answer> {
  const form = multipart(parts);
  return master.send('POST', '/task', { ...form.headers, ...headers }, form.body);
}

/** Sends the beginning of a form of so many bytes, over a connection that is kept. */
function begin(master: RunningMaster, agent: Agent, beginning: Buffer, size: number): ClientRequest {
  const { port } = master;
  const headers = { ...formHeaders, 'Content-Length': size };
  const request = httpRequest({ method: 'POST', port, host: '127.0.0.1', path: '/task', headers, agent });
  request.on('error', () => undefined);
  request.write(beginning);
  return request;
}

/** A master with one slot for uploads, whose db did not answer the last create. */
async function masterWithoutDb(): Promise<RunningMaster> {
  const master = await RunningMaster.start({ uploadSlots: 1 });
  const create = vi.spyOn(master.tasks, 'create').mockRejectedValue(away);
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 5_000));
  expect((await upload(master, [image])).status).toBe(503);
  create.mockRestore();
  clock.mockRestore();
  return master;
}

describe('an upload', () => {
  it('is answered with 201, its place and the task, once its bytes are stored', async () => {
    const master = await RunningMaster.start();

    const answer = await upload(master, [image]);

    expect(answer.status).toBe(201);
    const { id } = answer.json as unknown as Task;
    expect(answer.headers.location).toBe(`/task/${id}`);
    expect(answer.json).toMatchObject({ state: 'queued', source: { name: 'photo.png', type: 'image/png' } });
    const { source } = await master.tasks.get(id);
    expect(master.files.keys).toEqual([source.key]);
    expect(source.key.startsWith(`${id}/source-`)).toBe(true);
  });

  it('may have its fields before the image and behind it', async () => {
    const master = await RunningMaster.start();

    const answer = await upload(master, [
      ['priority', '5'],
      image,
      ['labels', '{"album": "summer"}'],
      ['recipe', 'grayscale'],
    ]);

    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      priority: 5,
      labels: { album: 'summer' },
      recipe: { outputs: { image: { operations: [{ grayscale: {} }] } } },
    });
  });

  it('keeps a file name of any script, and only the name of a path', async () => {
    const master = await RunningMaster.start();
    expect((await upload(master, named('Zürich 東京.png'))).json.source).toMatchObject({ name: 'Zürich 東京.png' });
    expect((await upload(master, named('../../x/photo.png'))).json.source).toMatchObject({ name: 'photo.png' });
  });

  it('has the type of its content, whatever its name says', async () => {
    const master = await RunningMaster.start();

    const answer = await upload(master, [['image', { filename: 'photo.png', bytes: picture('picture.webp') }]]);

    expect(answer.json.source).toMatchObject({ type: 'image/webp' });
  });

  it('under one idempotency key twice is one task with one source', async () => {
    const master = await RunningMaster.start();
    const key = { 'Idempotency-Key': 'a key' };

    const [one, other] = await Promise.all([upload(master, [image], key), upload(master, [image], key)]);

    expect([one.status, other.status]).toEqual([201, 201]);
    expect(one.json.id).toBe(other.json.id);
    expect(master.files.keys).toHaveLength(1);
  });
});

describe('an upload that is refused leaves no file:', () => {
  const text: Part = ['image', { filename: 'notes.png', bytes: Buffer.from('no picture') }];
  const second: Part = ['image', { filename: 'second.png', bytes: picture('picture.png') }];

  it.each<[string, Part[], number, string]>([
    ['no part at all', [], 400, 'missing-file'],
    ['no image', [['recipe', 'negate']], 400, 'missing-file'],
    ['an image as a text', [['image', 'text']], 400, 'missing-file'],
    ['an image without a name', [['image', { filename: '', bytes: picture('picture.png') }]], 400, 'missing-file'],
    ['an empty image', [['image', { filename: 'a.png', bytes: Buffer.alloc(0) }]], 400, 'empty-file'],
    ['what is no image', [text], 415, 'unsupported-image-type'],
    ['a file in another field', [['photo', { filename: 'a.png', bytes: Buffer.alloc(9) }]], 400, 'unexpected-file'],
    ['a second file', [image, second], 400, 'unexpected-file'],
    [
      'a second file in another field',
      [image, ['x', { filename: 'a', bytes: Buffer.alloc(9) }]],
      400,
      'unexpected-file',
    ],
    ['an unknown recipe', [image, ['recipe', 'unknown']], 400, 'invalid-request'],
    ['two recipes', [image, ['recipe', 'negate'], ['recipe', 'negate']], 400, 'invalid-request'],
    ['a priority that is no number', [image, ['priority', 'high']], 400, 'invalid-request'],
    ['a priority too high', [image, ['priority', '101']], 400, 'invalid-request'],
    ['labels that are no JSON', [image, ['labels', 'album=summer']], 400, 'invalid-request'],
    ['labels that are a list', [image, ['labels', '["a"]']], 400, 'invalid-request'],
    ['labels that are null', [image, ['labels', 'null']], 400, 'invalid-request'],
    ['a label that is no text', [image, ['labels', '{"a": 1}']], 400, 'invalid-request'],
    ['a label of a forbidden name', [image, ['labels', '{"constructor": "a"}']], 400, 'invalid-request'],
    ['a label __proto__', [image, ['labels', '{"__proto__": "a"}']], 400, 'invalid-request'],
    ['an unknown field', [image, ['colour', 'red']], 400, 'invalid-request'],
    ['a field too large', [image, ['recipe', 'x'.repeat(100_001)]], 400, 'malformed-body'],
    ['too many fields', [image, ...Array.from({ length: 21 }, (): Part => ['recipe', ''])], 400, 'malformed-body'],
  ])('%s', async (_, parts, status, code) => {
    const master = await RunningMaster.start();

    const answer = await upload(master, parts);

    expect(answer).toMatchObject({ status, json: { code } });
    expect(master.files.keys).toEqual([]);
    expect((await master.tasks.list()).tasks).toEqual([]);
    expect(master.errors).toEqual([]);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['JSON', { 'Content-Type': 'application/json' }, 415, 'unsupported-media-type'],
    ['another form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'unsupported-media-type'],
    ['no type', {}, 415, 'unsupported-media-type'],
    ['no boundary', { 'Content-Type': 'multipart/form-data' }, 400, 'malformed-body'],
    ['a form that has no end', { 'Content-Type': 'multipart/form-data; boundary=x' }, 400, 'malformed-body'],
  ])('%s', async (_, headers, status, code) => {
    const master = await RunningMaster.start();

    const answer = await master.send('POST', '/task', headers, Buffer.from('{"image": "x"}'));

    expect(answer).toMatchObject({ status, json: { code } });
    expect(master.errors).toEqual([]);
  });

  it('one whose end is missing', async () => {
    const master = await RunningMaster.start();
    const { headers, body } = multipart([image, ['recipe', 'negate']]);
    const cut = body.subarray(0, body.length - 30);

    const answer = await master.send('POST', '/task', { ...headers, 'Content-Length': cut.length }, cut);

    expect(answer).toMatchObject({ status: 400, json: { code: 'malformed-body' } });
    expect(master.files.keys).toEqual([]);
  });

  it('one whose idempotency key came with another request', async () => {
    const master = await RunningMaster.start();
    const key = { 'Idempotency-Key': 'a key' };
    await upload(master, [image], key);

    const answer = await upload(master, [image, ['priority', '1']], key);

    expect(answer).toMatchObject({ status: 422, json: { code: 'idempotency-key-reused' } });
    expect(master.files.keys).toHaveLength(1);
  });

  it('one whose idempotency key is that of a deleted task, and need not be repeated', async () => {
    const master = await RunningMaster.start();
    const key = { 'Idempotency-Key': 'a key' };
    const { id } = (await upload(master, [image], key)).json as unknown as Task;
    await master.send('DELETE', `/task/${id}`);

    const answer = await upload(master, [image], key);

    expect(answer).toMatchObject({ status: 410, json: { code: 'task-deleted' } });
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(master.files.keys).toEqual([]);
  });

  it.each([
    ['whose id was buried', new Problem('task-gone', 'buried'), 410],
    ['for which the queue is too long', new Problem('queue-full', '9 tasks wait', { retryAfterSeconds: 10 }), 503],
  ])('one %s', async (_, problem, status) => {
    const master = await RunningMaster.start();
    vi.spyOn(master.tasks, 'create').mockRejectedValue(problem);

    expect(await upload(master, [image])).toMatchObject({ status, json: { code: problem.code } });
    expect(master.files.keys).toEqual([]);
  });
});

describe('an upload that is refused for its beginning', () => {
  const junk = Buffer.alloc(20_000, 'no picture ');
  const second = Buffer.concat([multipart([image]).body.subarray(0, -formEnd.length), partHead('image', 'b.png')]);

  it.each([
    ['what is no image', Buffer.concat([partHead('image', 'a.png'), junk]), 415, 'unsupported-image-type'],
    ['a file in another field', Buffer.concat([partHead('photo', 'a.png'), junk]), 400, 'unexpected-file'],
    ['a second file', second, 400, 'unexpected-file'],
    [
      'a field with a long name',
      multipart([['n'.repeat(200), '']]).body.subarray(0, -formEnd.length),
      400,
      'malformed-body',
    ],
  ])('(%s) is answered at once, and its rest is read', async (_, beginning, status, code) => {
    const master = await RunningMaster.start({ uploadSlots: 1 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const sent = Buffer.concat([beginning, Buffer.from('\r\n'), partHead('recipe')]);
    const rest = Buffer.alloc(1_000_000);
    const request = begin(master, agent, sent, sent.length + rest.length);

    const [response] = (await once(request, 'response')) as [IncomingMessage];

    expect({ status: response.statusCode, ...((await json(response)) as object) }).toMatchObject({ status, code });
    expect(master.files.keys).toEqual([]);
    // Its slot is free, although its body has not come yet.
    expect(await upload(master, [image])).toMatchObject({ status: 201 });
    request.end(rest);
    const next = httpRequest({ port: master.port, host: '127.0.0.1', path: '/queue', agent }).end();
    const [answer] = (await once(next, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    expect(next.socket!.localPort).toBe(request.socket!.localPort);
    answer.resume();
    expect(master.errors).toEqual([]);
  });

  it('is answered at once by a storage that has no room for it', async () => {
    const master = await RunningMaster.start();
    vi.spyOn(master.files, 'put').mockRejectedValue(new Problem('storage-full', 'There is no room'));
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());

    const request = begin(master, agent, Buffer.concat([partHead('image', 'a.png'), pngOfSize(20_000)]), 1e6);

    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect({ status: response.statusCode, ...((await json(response)) as object) }).toMatchObject({ status: 507 });
    request.destroy();
  });

  it('is read to its end first when the connection is then closed: closed before, it would be reset', async () => {
    const master = await RunningMaster.start();
    const beginning = Buffer.concat([partHead('image', 'a.png'), junk]);
    const form = Buffer.concat([beginning, Buffer.alloc(5_000_000), Buffer.from('\r\n'), formEnd]);

    const answer = await master.send('POST', '/task', { ...formHeaders, 'Content-Length': form.length }, form);

    expect(answer).toMatchObject({ status: 415, headers: { connection: 'close' } });
    expect(master.connections[0]!.bytesRead).toBeGreaterThan(form.length);
  });
});

describe('an upload whose fate is unknown leaves its file to the janitor:', () => {
  it('db did not answer, so the task may yet come to be', async () => {
    const master = await RunningMaster.start();
    vi.spyOn(master.tasks, 'create').mockRejectedValue(away);
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 5_000));

    const answer = await upload(master, [image]);
    vi.restoreAllMocks();

    expect(answer).toMatchObject({ status: 503, json: { code: 'service-unavailable' } });
    expect(answer.headers['retry-after']).toBe('1');
    expect(master.files.keys).toHaveLength(1);
  });

  it.each([
    ['db failed in the middle of it', new Problem('internal-error', 'Unexpected error')],
    ['master itself failed', new TypeError('a mistake')],
  ])('%s', async (_, error) => {
    const master = await RunningMaster.start();
    vi.spyOn(master.tasks, 'create').mockRejectedValue(error);

    expect(await upload(master, [image])).toMatchObject({ status: 500, json: { code: 'internal-error' } });
    expect(master.files.keys).toHaveLength(1);
  });
});

describe('an upload after one for which db did not answer', () => {
  it('is refused before its image is stored while db is away, and taken when db answers', async () => {
    const master = await masterWithoutDb();
    const put = vi.spyOn(master.files, 'put');
    vi.spyOn(master.tasks, 'storeId').mockRejectedValueOnce(away).mockRejectedValueOnce(away);

    for (let tries = 1; tries <= 2; tries++) {
      const answer = await upload(master, [image]);
      expect(answer).toMatchObject({ status: 503, json: { code: 'service-unavailable' } });
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect(put).not.toHaveBeenCalled();

    expect((await upload(master, [image])).status).toBe(201);
  });

  it('leaves its slot to the next when its client hangs up meanwhile', async () => {
    const master = await masterWithoutDb();
    const asked = Promise.withResolvers<string>();
    const ask = vi.spyOn(master.tasks, 'storeId').mockReturnValueOnce(asked.promise);
    const agent = new Agent();
    const request = begin(master, agent, partHead('image', 'a.png'), 1_000);
    await vi.waitFor(() => expect(ask).toHaveBeenCalled());

    request.destroy();
    await vi.waitFor(() => expect(master.connections.at(-1)!.destroyed).toBe(true));
    asked.resolve('a task store');

    expect((await upload(master, [image])).status).toBe(201);
    expect(master.errors).toEqual([]);
  });
});

describe('an upload into a storage that', () => {
  it.each([
    ['is full', new Problem('storage-full', 'There is no room for the file'), 507],
    ['takes no file of this size', new Problem('payload-too-large', 'A file may have 9 bytes'), 413],
    ['is away', new Problem('service-unavailable', 'storage cannot be reached'), 503],
  ])('%s is answered with what storage says', async (_, problem, status) => {
    const master = await RunningMaster.start();
    vi.spyOn(master.files, 'put').mockRejectedValue(problem);

    const answer = await upload(master, [image]);

    expect(answer).toMatchObject({ status, json: { code: problem.code, detail: problem.detail } });
    expect((await master.tasks.list()).tasks).toEqual([]);
  });
});
