import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { CallProxy } from '../harness/call-proxy.js';
import { form } from '../harness/form.js';
import { MasterClient, type ShownTask } from '../harness/master-client.js';
import { png } from '../harness/photo.js';
import { RawConnection, requestHead } from '../harness/raw-request.js';
import { System } from '../harness/system.js';
import { allTasks, unneededFiles } from '../harness/unneeded-files.js';

function upload(client: MasterClient, image: Buffer, key: string): Promise<Response> {
  return client.fetch('/task', { method: 'POST', body: form({ image }), headers: { 'Idempotency-Key': key } });
}

async function taskIn(response: Response): Promise<ShownTask> {
  expect(response.status).toBe(201);
  return (await response.json()) as ShownTask;
}

/** A client of one master among several. */
function clientOf(system: System, name: string): MasterClient {
  return new MasterClient(() => system.process(name).endpoint());
}

describe('uploads under one idempotency key', () => {
  const system = System.shared({ masters: 2, workers: 0 });
  const rounds = 10;

  /** Sends both at once, each through a master of its own. */
  function sendBoth(images: [Buffer, Buffer], key: string): Promise<[Response, Response]> {
    const [one, two] = [clientOf(system(), 'master'), clientOf(system(), 'master-2')];
    return Promise.all([upload(one, images[0], key), upload(two, images[1], key)]);
  }

  it('with the same photo, through two masters at once, give one task and leave one file', async () => {
    const image = await png();
    const before = (await allTasks(system())).length;
    for (let round = 1; round <= rounds; round++) {
      const [one, two] = await sendBoth([image, image], randomUUID());
      expect((await taskIn(one)).id).toBe((await taskIn(two)).id);
      expect(await allTasks(system())).toHaveLength(before + round);
      expect(await unneededFiles(system())).toEqual([]);
    }
    expect(await system().storedFiles()).toHaveLength(before + rounds);
  });

  it('with two photos, through two masters at once: one is accepted, the other refused, and leaves no file', async () => {
    const images: [Buffer, Buffer] = [await png(), await png({ seed: 2 })];
    const client = clientOf(system(), 'master');
    for (let round = 1; round <= rounds; round++) {
      const responses = await sendBoth(images, randomUUID());
      const statuses = responses.map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([201, 422]));
      const accepted = statuses.indexOf(201);
      expect(await responses[1 - accepted]!.json()).toMatchObject({ code: 'idempotency-key-reused' });
      const { source } = await taskIn(responses[accepted]!);
      expect((await client.download(source.href)).equals(images[accepted]!)).toBe(true);
      expect(await unneededFiles(system())).toEqual([]);
    }
  });

  it('of which the first breaks off in the middle: the retry is the upload, and nothing else stays', async () => {
    const client = clientOf(system(), 'master');
    const image = await png({ width: 1000, height: 800 });
    const before = (await allTasks(system())).length;
    const key = randomUUID();
    const request = new Request('http://master/task', { method: 'POST', body: form({ image }) });
    const body = Buffer.from(await request.clone().arrayBuffer());
    const connection = await RawConnection.open(await system().process('master').endpoint());
    await connection.send(
      requestHead({
        method: 'POST',
        path: '/task',
        headers: [
          ['Content-Type', request.headers.get('Content-Type')!],
          ['Content-Length', String(body.length)],
          ['Idempotency-Key', key],
        ],
      }),
    );
    await connection.send(body.subarray(0, body.length / 2));
    // On its way into storage: a file that is not complete.
    await vi.waitFor(async () => expect(await unneededFiles(system())).toHaveLength(1), { timeout: 10_000 });
    await connection.hangUp();

    const { source } = await taskIn(await upload(client, image, key));

    expect((await client.download(source.href)).equals(image)).toBe(true);
    expect(await allTasks(system())).toHaveLength(before + 1);
    await vi.waitFor(async () => expect(await unneededFiles(system())).toEqual([]), { timeout: 10_000 });
  });
});

describe('an upload whose master is suspended between the bytes and the task', () => {
  it('for so long that the janitor takes the photo for an orphan: it is refused with task-gone, and the retry succeeds', async () => {
    const system = await System.start({ workers: 0, env: { MICRO_ORPHAN_SECONDS: '1', MICRO_JANITOR_SECONDS: '1' } });
    const proxy = await CallProxy.start(() => system.process('db').endpoint());
    await system.launch('master', 'suspended', { MICRO_DB_ENDPOINT: proxy.endpoint });
    const client = clientOf(system, 'suspended');
    const image = await png();
    const key = randomUUID();
    const create = proxy.hold(/^POST \/task$/);
    const uploading = upload(client, image, key);
    await create.arrival;
    system.process('suspended').freeze();
    expect(await system.storedFiles()).toHaveLength(1);
    await system.process('master').line(/Removed 1 orphan file/);
    expect(await create.passOn()).toBe(410);
    system.process('suspended').thaw();

    const refused = await uploading;
    expect(refused.status).toBe(410);
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'task-gone' });
    expect(await allTasks(system)).toEqual([]);

    const { id, source } = await taskIn(await upload(client, image, key));
    expect((await allTasks(system)).map((task) => task.id)).toEqual([id]);
    expect((await client.download(source.href)).equals(image)).toBe(true);
    expect(await system.storedFiles()).toHaveLength(1);
    expect(await unneededFiles(system)).toEqual([]);
    proxy.stop();
  });
});

describe('a db that is frozen while a task is created', () => {
  it('has the photo stay, and the client’s retry gets that task', async () => {
    const system = await System.start({ workers: 0 });
    const { client } = system;
    // A first upload, so that master knows db and storage.
    const first = await client.upload(await png({ seed: 2 }));
    const image = await png();
    system.process('db').freeze();
    expect((await upload(client, image, 'frozen')).status).toBe(503);
    expect(await system.storedFiles()).toHaveLength(2);

    system.process('db').thaw();
    // The create was on its way all the time.
    const created = await vi.waitFor(
      async () => {
        const others = (await allTasks(system)).filter(({ id }) => id !== first.id);
        expect(others).toHaveLength(1);
        return others[0]!;
      },
      { timeout: 10_000 },
    );

    const retried = await taskIn(await upload(client, image, 'frozen'));
    expect(retried.id).toBe(created.id);
    expect(await system.storedFiles()).toHaveLength(2);
    await system.launch('worker');
    expect((await client.settled(retried.id)).state).toBe('finished');
  });
});

describe('a client that repeats its upload while db is away', () => {
  it('leaves one photo to the janitor, however often it comes', async () => {
    const system = await System.start({ workers: 0 });
    const client = clientOf(system, 'master');
    // A first upload, so that master knows db and storage.
    await client.upload(await png({ seed: 2 }));
    const image = await png();
    const key = randomUUID();
    await system.process('db').end('SIGKILL');

    for (let tries = 1; tries <= 5; tries++) {
      const refused = await upload(client, image, key);
      expect(refused.status).toBe(503);
      expect(refused.headers.get('Retry-After')).toBe('1');
      expect(await refused.json()).toMatchObject({ code: 'service-unavailable' });
      expect(await system.storedFiles()).toHaveLength(2);
    }

    await system.launch('db');
    const retried = await client.patiently('/task', {
      method: 'POST',
      body: form({ image }),
      headers: { 'Idempotency-Key': key },
    });
    const { source } = await taskIn(retried);
    expect((await client.download(source.href)).equals(image)).toBe(true);
    expect(await unneededFiles(system)).toHaveLength(1);
  });
});
