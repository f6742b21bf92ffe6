import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FilePage } from '#contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BareWorker } from './harness/bare-worker.js';
import { form } from './harness/form.js';
import { HalvedUpload } from './harness/halved-upload.js';
import type { ShownTask } from './harness/master-client.js';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { SmallDisk } from './harness/small-disk.js';
import { System } from './harness/system.js';
import { hasTool } from './harness/unikernel-packages.js';
import { allTasks } from './harness/unneeded-files.js';

const patience = { timeout: 30_000 };
const unless = (obstacle: string | null): string => (obstacle === null ? '' : ` (skipped: ${obstacle})`);

/** A picture of about so many bytes: whatever follows the end of a PNG belongs to nobody, and is kept with it. */
async function pictureOf(bytes: number, seed = 1): Promise<Buffer> {
  const image = await png({ width: 64, height: 48, seed });
  return Buffer.concat([image, Buffer.alloc(bytes - image.length, seed)]);
}

interface Answer extends ShownTask {
  status: number;
  code?: string;
}

/** An upload, sent until somebody who is there answers it. */
async function send(system: System, image: Buffer, key: string): Promise<Answer> {
  const request = { method: 'POST', body: form({ image }), headers: { 'Idempotency-Key': key } };
  const response = await system.client.patiently('/task', request);
  return { ...((await response.json()) as ShownTask), status: response.status };
}

/** An upload that is accepted. */
async function accepted(system: System, image: Buffer, key: string): Promise<ShownTask> {
  const answer = await send(system, image, key);
  expect(answer).toMatchObject({ status: 201 });
  return answer;
}

/** The bytes on the disk of an upload that is on its way. */
async function halfReceived(system: System): Promise<string> {
  return vi.waitFor(async () => {
    const [path, ...others] = await system.storedFiles();
    expect(others).toEqual([]);
    expect((await stat(path!)).size).toBeGreaterThan(0);
    return path!;
  }, patience);
}

/** What storage has to offer. */
async function filesOf(system: System): Promise<string[]> {
  const { files } = (await system.internal('storage', '/files')) as FilePage;
  return files.map(({ key }) => key);
}

function databaseOf(system: System): string {
  return join(system.folder, 'db', 'tasks.sqlite');
}

/** What SQLite says of db's file, and the ids of the tasks in it. The file must be in nobody's use. */
function inspect(file: string): { integrity: unknown; ids: string[] } {
  const database = new DatabaseSync(file);
  try {
    const integrity = Object.values(database.prepare('PRAGMA integrity_check').get()!)[0];
    return {
      integrity,
      ids: database
        .prepare('SELECT id FROM tasks')
        .all()
        .map(({ id }) => id as string),
    };
  } finally {
    database.close();
  }
}

/** As `inspect`, of a copy: db itself finds its files as it left them. */
async function inspectCopy(system: System): Promise<ReturnType<typeof inspect>> {
  const copy = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
  onTestFinished(() => rm(copy, { recursive: true }));
  await cp(join(system.folder, 'db'), copy, { recursive: true });
  return inspect(join(copy, 'tasks.sqlite'));
}

// For all tests that need no disk of their own, in this order.
const shared = System.shared({ workers: 0, env: { MICRO_RATE_LIMIT: '0' } });

describe('an upload that storage has received by half', () => {
  it('is no file and no task when its client hangs up', async () => {
    const upload = await HalvedUpload.begin(await shared().process('master').endpoint(), await pictureOf(4_000_000));
    expect(await halfReceived(shared())).toContain('/temp/');

    upload.giveUp();

    await vi.waitFor(async () => expect(await shared().storedFiles()).toEqual([]), patience);
    expect(await filesOf(shared())).toEqual([]);
    expect(await allTasks(shared())).toEqual([]);
  });

  it('is no file when storage is killed: the client is told to come again, the rest is swept away by its age', async () => {
    const image = await pictureOf(4_000_000);
    const key = randomUUID();
    const upload = await HalvedUpload.begin(await shared().process('master').endpoint(), image, {
      'Idempotency-Key': key,
    });
    const torn = await halfReceived(shared());
    await shared().process('storage').end('SIGKILL');
    expect(await upload.complete()).toMatchObject({ status: 503, body: { code: 'service-unavailable' } });
    expect(await shared().storedFiles()).toEqual([torn]);
    expect(torn).toContain('/temp/');

    const storage = await shared().launch('storage', 'storage', { MICRO_ABANDONED_SECONDS: '2' });
    expect(await filesOf(shared())).toEqual([]);
    await storage.line(/Removed 1 abandoned temp file/);
    expect(await shared().storedFiles()).toEqual([]);
    // With such an age it would take the files of slow uploads, too.
    await storage.end('SIGTERM');
    await shared().launch('storage');
    expect(await allTasks(shared())).toEqual([]);

    const { id } = await accepted(shared(), image, key);
    expect(await filesOf(shared())).toEqual([expect.stringContaining(`${id}/source-`)]);
    const source = await shared().client.download(`/task/${id}/source`);
    expect(source.equals(image)).toBe(true);
  });
});

describe('db', () => {
  it.each([1, 2, 3])(
    'that is killed in a burst of uploads reopens clean, with every task answered (%d)',
    async (round) => {
      const before = await allTasks(shared());
      const answered: string[] = [];
      const killed = Promise.withResolvers<void>();
      const kill = async (): Promise<void> => {
        await shared().process('db').end('SIGKILL');
        const known = [...answered];
        const { integrity, ids } = await inspectCopy(shared());
        expect(integrity).toBe('ok');
        expect(ids).toEqual(expect.arrayContaining(known));
        await shared().launch('db');
      };
      const upload = async (_unused: unknown, index: number): Promise<void> => {
        const image = await pictureOf(20_000, index);
        answered.push((await accepted(shared(), image, `burst-${round}-${index}`)).id);
        if (answered.length === 5) kill().then(killed.resolve, killed.reject);
      };

      await Promise.all([killed.promise, ...Array.from({ length: 20 }, upload)]);

      const tasks = await allTasks(shared());
      expect(tasks.map(({ id }) => id).sort()).toEqual([...before.map(({ id }) => id), ...answered].sort());
      expect(new Set(answered).size).toBe(20);
    },
  );

  it('whose log was cut in the middle of a commit reopens without it, and with all before', async () => {
    const images = await Promise.all([1, 2, 3].map((seed) => pictureOf(20_000, seed)));
    const before = await allTasks(shared());
    const made: ShownTask[] = [];
    for (const [index, image] of images.entries()) made.push(await accepted(shared(), image, `log-${index}`));
    await shared().process('db').end('SIGKILL');
    const log = `${databaseOf(shared())}-wal`;
    await truncate(log, (await stat(log)).size - 100);

    await shared().launch('db');

    const kept = [...before.map(({ id }) => id), made[0]!.id, made[1]!.id];
    expect((await allTasks(shared())).map(({ id }) => id).sort()).toEqual(kept.sort());
    const again = await accepted(shared(), images[2]!, 'log-2');
    expect(again.id).not.toBe(made[2]!.id);
    expect((await accepted(shared(), images[1]!, 'log-1')).id).toBe(made[1]!.id);
    await shared().process('db').end('SIGTERM');
    expect(inspect(databaseOf(shared()))).toEqual({
      integrity: 'ok',
      ids: expect.arrayContaining([...kept, again.id]),
    });
    await shared().launch('db');
  });
});

describe('storage without room', () => {
  const { obstacle } = SmallDisk;

  it.skipIf(obstacle)(
    `refuses what does not fit with 507, keeps nothing of it, and takes it once there is room${unless(obstacle)}`,
    async () => {
      const disk = SmallDisk.mount(4);
      const system = await System.start({ workers: 0, env: { MICRO_STORAGE_URL: `file:${disk.folder}` } });
      const first = await accepted(system, await pictureOf(2_500_000), 'first');
      const files = await disk.files();
      const image = await pictureOf(2_500_000, 2);

      expect(await send(system, image, 'second')).toMatchObject({ status: 507, code: 'storage-full' });
      expect(await disk.files()).toEqual(files);
      expect(await allTasks(system)).toHaveLength(1);
      await accepted(system, await pictureOf(200_000, 3), 'small');

      expect((await system.client.fetch(`/task/${first.id}`, { method: 'DELETE' })).status).toBe(204);
      const { id } = await accepted(system, image, 'second');
      expect((await system.client.download(`/task/${id}/source`)).equals(image)).toBe(true);
    },
  );

  it.skipIf(obstacle)(`has a worker wait until its output fits${unless(obstacle)}`, async () => {
    const disk = SmallDisk.mount(4);
    const system = await System.start({ workers: 0, env: { MICRO_STORAGE_URL: `file:${disk.folder}` } });
    const image = await png();
    const { id } = await accepted(system, image, 'output');
    await disk.fill();
    await system.launch('worker');
    await system.process('storage').line(/There is no room for the file/);

    await disk.free();

    const task = await system.client.settled(id);
    expect(task).toMatchObject({ state: 'finished', leaseNumber: 1, failures: 0 });
    const output = await system.client.download(task.outputs[0]!.href);
    expect((await pixelsOf(output)).equals(await negatedPixelsOf(image))).toBe(true);
    expect(await disk.files()).toHaveLength(3);
  });

  const noLimits = hasTool('prlimit') ? null : 'there is no prlimit to bound the files of a process with';

  it.skipIf(noLimits)(
    `which may not write a file to its end answers 507 as well, and so needs no mount${unless(noLimits)}`,
    async () => {
      const storage = shared().process('storage');
      const bound = (bytes: string): void => {
        execFileSync('prlimit', ['--pid', `${storage.pid}`, `--fsize=${bytes}:`]);
      };
      const files = await shared().storedFiles();
      const tasks = await allTasks(shared());
      const image = await pictureOf(2_500_000, 4);
      bound('1000000');

      expect(await send(shared(), image, 'large')).toMatchObject({ status: 507, code: 'storage-full' });
      expect(await shared().storedFiles()).toEqual(files);
      expect(await allTasks(shared())).toEqual(tasks);
      await accepted(shared(), await pictureOf(200_000, 5), 'small');

      bound('unlimited');
      const { id } = await accepted(shared(), image, 'large');
      expect((await shared().client.download(`/task/${id}/source`)).equals(image)).toBe(true);
      expect(storage.hasEnded).toBe(false);
    },
  );
});

describe('db without room', () => {
  const { obstacle } = SmallDisk;

  it.skipIf(obstacle)(
    `refuses uploads with 507, lets workers wait, and goes on once there is room${unless(obstacle)}`,
    async () => {
      const disk = SmallDisk.mount(2);
      const url = `sqlite:${join(disk.folder, 'tasks.sqlite')}`;
      const system = await System.start({ workers: 0, env: { MICRO_DB_URL: url } });
      const image = await png();
      const waiting = await accepted(system, image, 'before');
      const files = await system.storedFiles();
      await disk.fill();
      const worker = await system.launch('worker');
      await worker.line(/Waiting for tasks: .*disk/);

      expect(await send(system, image, 'full')).toMatchObject({ status: 507, code: 'storage-full' });
      expect(await system.storedFiles()).toEqual(files);
      const shown = await system.client.fetch(`/task/${waiting.id}`);
      expect(await shown.json()).toMatchObject({ state: 'queued', leaseNumber: 0 });

      await disk.free();
      const { id } = await accepted(system, image, 'full');
      for (const task of [waiting.id, id]) {
        expect(await system.client.settled(task)).toMatchObject({ state: 'finished', leaseNumber: 1, failures: 0 });
      }
      expect(await allTasks(system)).toHaveLength(2);
      expect(system.process('db').hasEnded).toBe(false);
      await system.process('db').end('SIGTERM');
      expect(inspect(join(disk.folder, 'tasks.sqlite')).integrity).toBe('ok');
    },
  );

  it.skipIf(obstacle)(
    `starts all the same: what is there can be read, and work goes on once there is room${unless(obstacle)}`,
    async () => {
      const disk = SmallDisk.mount(2);
      const url = `sqlite:${join(disk.folder, 'tasks.sqlite')}`;
      const system = await System.start({ workers: 0, env: { MICRO_DB_URL: url, MICRO_LEASE_SECONDS: '60' } });
      const image = await png();
      const { id } = await accepted(system, image, 'before');
      const worker = new BareWorker(() => system.process('master').endpoint());
      const { token } = await worker.lease();
      await system.process('db').end('SIGTERM');
      await disk.fill();

      const db = await system.launch('db');

      await db.line(/disk of the task store is full: tasks can be read/);
      const shown = await system.client.patiently(`/task/${id}`);
      expect(await shown.json()).toMatchObject({ state: 'running', leaseNumber: 1 });
      expect(await send(system, image, 'full')).toMatchObject({ status: 507, code: 'storage-full' });

      await disk.free();
      expect(await worker.call(`${id}/release`, { token })).toEqual({ status: 200, body: { state: 'queued' } });
      await system.launch('worker');
      expect(await system.client.settled(id)).toMatchObject({ state: 'finished', leaseNumber: 2, lostLeases: 0 });
    },
  );
});
