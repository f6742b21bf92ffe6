import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { form } from './harness/form.js';
import { png } from './harness/photo.js';
import { System } from './harness/system.js';

let image: Buffer;
beforeAll(async () => {
  image = await png();
});

interface Answer {
  status: number;
  id?: string;
  code?: string;
  detail?: string;
  state?: string;
}

async function post(system: System, body: FormData | string, headers?: Record<string, string>): Promise<Answer> {
  const response = await system.client.fetch('/task', { method: 'POST', body, headers });
  return { ...((await response.json()) as Answer), status: response.status };
}

function padded(bytes: number): Buffer {
  return Buffer.concat([image, Buffer.alloc(bytes)]);
}

function twoFiles(): FormData {
  const data = form({ image });
  data.append('image', new Blob([new Uint8Array(image)]), 'second.png');
  return data;
}

describe('an upload that cannot be accepted', () => {
  const system = System.shared({ workers: 0, env: { MICRO_MAX_UPLOAD_BYTES: '2000000' } });

  afterEach(async () => {
    expect(await (await system().client.fetch('/task')).json()).toEqual({ tasks: [], next: null });
    // Storage throws away what it was sent, while master has the answer out already.
    await vi.waitFor(async () => expect(await system().storedFiles()).toEqual([]));
  });

  const refusals: [string, () => FormData, object][] = [
    ['a text', () => form({ image: Buffer.from('not an image') }), { status: 415, code: 'unsupported-image-type' }],
    ['an SVG', () => form({ image: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') }), { status: 415 }],
    ['a PDF', () => form({ image: Buffer.from('%PDF-1.7\n') }), { status: 415, detail: /is a PDF.*png/ }],
    ['no bytes', () => form({ image: Buffer.alloc(0) }), { status: 400, code: 'empty-file' }],
    ['no file', () => form({ recipe: 'negate' }), { status: 400, code: 'missing-file' }],
    ['a file in another field', () => form({ photo: image }), { status: 400, code: 'unexpected-file' }],
    ['two files', () => twoFiles(), { status: 400, code: 'unexpected-file' }],
    ['an unknown recipe', () => form({ recipe: 'sparkle', image }), { status: 400, detail: /sparkle|negate/ }],
    ['an unknown recipe after the image', () => form({ image, recipe: 'sparkle' }), { status: 400, detail: /negate/ }],
    ['a priority that is none', () => form({ image, priority: 'high' }), { status: 400, detail: /priority/ }],
    ['labels that are no object', () => form({ image, labels: '[1' }), { status: 400, detail: /labels/ }],
    ['an unknown field', () => form({ image, colour: 'red' }), { status: 400, detail: /colour/ }],
    ['bytes over the limit', () => form({ image: padded(1_600_000) }), { status: 413, code: 'payload-too-large' }],
    ['many bytes over the limit', () => form({ image: padded(5_000_000) }), { status: 413, code: 'payload-too-large' }],
  ];

  it.each(refusals)('with %s is refused, and leaves nothing behind', async (_what, body, expected) => {
    const { detail, ...rest } = expected as { detail?: RegExp };
    const answer = await post(system(), body());
    expect(answer).toMatchObject(rest);
    expect(answer.detail).toMatch(detail ?? /./);
  });

  it('as JSON is refused with what is expected instead', async () => {
    const answer = await post(system(), '{"image": 1}', { 'Content-Type': 'application/json' });
    expect(answer).toMatchObject({ status: 415, code: 'unsupported-media-type' });
    expect(answer.detail).toContain('multipart/form-data');
  });
});

describe('tasks', () => {
  const system = System.shared({ workers: 0 });

  it('are made once for one idempotency key, however often the upload comes', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    const before = (await system().storedFiles()).length;
    const [one, two] = await Promise.all([
      post(system(), form({ image }), headers),
      post(system(), form({ image }), headers),
    ]);
    expect(one).toMatchObject({ status: 201, state: 'queued' });
    expect(two).toMatchObject({ status: 201, id: one.id });
    const other = await post(system(), form({ image: await png({ seed: 2 }) }), headers);
    expect(other).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
    expect(await system().storedFiles()).toHaveLength(before + 1);
  });

  it('are listed newest first, page by page', async () => {
    const { client } = system();
    const ids: string[] = [];
    for (let number = 0; number < 3; number++) ids.unshift((await client.upload(image)).id);
    interface Page {
      tasks: { id: string }[];
      next: string;
    }
    const first = (await (await client.fetch('/task?limit=2')).json()) as Page;
    const second = (await (await client.fetch(`/task?limit=1&after=${first.next}`)).json()) as Page;
    expect([...first.tasks, ...second.tasks].map(({ id }) => id)).toEqual(ids);
    expect((await client.fetch('/task?limit=1000')).status).toBe(400);
    expect((await client.fetch('/task?state=lost')).status).toBe(400);
  });

  it('can be cancelled, retried and deleted', async () => {
    const { client } = system();
    const change = async (id: string, action: string): Promise<unknown> =>
      (await client.fetch(`/task/${id}/${action}`, { method: 'POST' })).json();
    const { id } = await client.upload(image);
    const files = (await system().storedFiles()).length;

    expect(await change(id, 'cancel')).toMatchObject({ state: 'cancelled' });
    expect(await change(id, 'retry')).toMatchObject({ state: 'queued' });
    expect((await client.fetch(`/task/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await change(id, 'retry')).toMatchObject({ status: 404, code: 'task-not-found' });
    expect(await system().storedFiles()).toHaveLength(files - 1);
  });

  it('are counted', async () => {
    const { client } = system();
    const before = (await (await client.fetch('/queue')).json()) as { queued: number };
    await client.upload(image);
    const after = (await (await client.fetch('/queue')).json()) as object;
    expect(after).toMatchObject({ queued: before.queued + 1, running: 0, delayed: 0, backlog: before.queued + 1 });
  });

  it('are processed even when the client that wanted to wait for them hangs up', async () => {
    const { client } = system();
    const hangUp = new AbortController();
    const labels = JSON.stringify({ album: 'hang-up' });
    const waiting = client
      .fetch('/task', {
        method: 'POST',
        body: form({ image, labels }),
        headers: { Prefer: 'wait=30' },
        signal: hangUp.signal,
      })
      .catch(() => 'hung up');
    const id = await vi.waitFor(async () => {
      const { tasks } = (await (await client.fetch('/task?limit=1')).json()) as {
        tasks: { id: string; labels: object }[];
      };
      expect(tasks).toMatchObject([{ labels: { album: 'hang-up' } }]);
      return tasks[0]!.id;
    });
    hangUp.abort();
    expect(await waiting).toBe('hung up');
    const worker = await system().launch('worker');
    expect((await client.settled(id)).state).toBe('finished');
    await worker.end();
  });

  it('are given to workers only under the service token', async () => {
    for (const path of ['/task/next', '/task/reclaim', '/task/x/finish']) {
      expect((await system().client.fetch(path, { method: 'POST' })).status, path).toBe(401);
    }
  });
});

describe('downloads', () => {
  const system = System.shared();

  it('have ranges, entity tags and safe headers', async () => {
    const { client } = system();
    const task = await client.settled((await client.upload(image)).id);
    const { sha256, size } = task.outputs[0]!;
    const path = `/task/${task.id}/download`;
    const whole = await client.fetch(path);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      etag: `"${sha256}"`,
      'content-length': String(size),
      'content-type': 'image/png',
      'content-disposition': 'attachment; filename=photo-image.png',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    const bytes = Buffer.from(await whole.arrayBuffer());
    const part = await client.fetch(path, { headers: { Range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('Content-Range')).toBe(`bytes 10-19/${size}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    expect((await client.fetch(path, { headers: { Range: `bytes=${size}-` } })).status).toBe(416);
    expect((await client.fetch(path, { headers: { 'If-None-Match': `"${sha256}"` } })).status).toBe(304);
    expect((await client.fetch(path, { method: 'HEAD' })).headers.get('Content-Length')).toBe(String(size));
    expect((await client.fetch(`${path}?output=other`)).status).toBe(404);
    expect((await client.fetch('/task/__proto__/download')).status).toBe(404);
  });

  it('are described in Swagger UI, with a form from which to upload', async () => {
    const { client } = system();
    expect(await (await client.fetch('/api')).text()).toContain('swagger-ui');
    const document = (await (await client.fetch('/api-json')).json()) as { paths: object };
    expect(document.paths).toMatchObject({
      '/task': { post: { requestBody: { content: { 'multipart/form-data': {} } } } },
      '/task/{id}/download': { get: {} },
    });
  });
});
