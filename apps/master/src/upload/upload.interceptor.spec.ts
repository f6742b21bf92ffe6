import { Problem, type Task } from '#contracts';
import { describe, expect, it, vi } from 'vitest';
import { multipart, type Part } from '../../test/multipart.js';
import { picture } from '../../test/pictures.js';
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
