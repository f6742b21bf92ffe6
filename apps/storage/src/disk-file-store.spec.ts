import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newOutputPrefix, newSourceKey, pictureKey } from '#contracts';
import { describeFileStore } from '#suites/file-store.suite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../test/fake-clock.js';
import { maxBytes } from '../test/running-storage.js';
import { DiskFileStore } from './disk-file-store.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'storage-'));
});

afterEach(() => rm(root, { recursive: true }));

describeFileStore('DiskFileStore', async () => {
  const clock = new FakeClock();
  return {
    store: await DiskFileStore.open(root, maxBytes, clock),
    maxBytes,
    advance: (seconds) => void (clock.ahead += seconds * 1000),
    close: async () => expect(await readdir(join(root, 'temp'))).toEqual([]),
  };
});

describe('DiskFileStore on its disk', () => {
  it('keeps a file under the end of its task id, then exactly its key', async () => {
    const store = await start();
    const taskId = randomUUID();
    const keys = [newSourceKey(taskId), `${newOutputPrefix(taskId, 3)}preview`];
    for (const key of keys) await store.put(key, body(Buffer.from(key)));
    const paths = keys.map((key) => join(root, 'files', taskId.slice(-2), key));
    expect((await filesOnDisk()).sort()).toEqual([...paths].sort());
    for (const key of keys) await store.delete(key);
    expect(await readdir(join(root, 'files', taskId.slice(-2)))).toEqual([]);
  });

  it('keeps a picture exactly under its key', async () => {
    const store = await start();
    const bytes = Buffer.from('a picture');
    const key = pictureKey(createHash('sha256').update(bytes).digest('hex'));
    await store.put(key, body(bytes));
    expect(await readFile(join(root, key))).toEqual(bytes);
    expect(await filesOnDisk()).toEqual([]);
    expect(await (await start()).size(key)).toBe(bytes.length);
  });

  it('is the same store after a restart, with its owner and its files', async () => {
    const before = await start();
    const key = newSourceKey(randomUUID());
    await before.put(key, body(Buffer.from('kept')));
    await before.claim('the task store');
    const after = await start();
    expect(after.id).toBe(before.id);
    expect(await after.owner()).toBe('the task store');
    expect(await after.size(key)).toBe(4);
    await expect(after.put(key, body())).rejects.toMatchObject({ code: 'file-exists' });
    expect(JSON.parse(await readFile(join(root, 'store.json'), 'utf8'))).toEqual({
      id: before.id,
      owner: 'the task store',
    });
  });

  it('makes a folder that is not there, and another identity in it', async () => {
    const [one, other] = await Promise.all(
      ['a/b/one', 'a/b/other'].map((name) => DiskFileStore.open(join(root, name), maxBytes, new FakeClock())),
    );
    expect(one!.id).not.toBe(other!.id);
  });

  it('does not start over an identity that cannot be read', async () => {
    await start();
    await writeFile(join(root, 'store.json'), '{"id": "tor');
    await expect(start()).rejects.toThrow('store.json');
  });

  it('neither lists nor removes at a start what a crash left in temp', async () => {
    const store = await start();
    await writeFile(join(store.tempFolder, randomUUID()), 'torn');
    expect(await (await start()).list()).toEqual({ files: [], next: null });
    expect(await readdir(store.tempFolder)).toHaveLength(1);
  });

  it('lists nothing that it did not store', async () => {
    const store = await start();
    const key = newSourceKey(randomUUID());
    await store.put(key, body(Buffer.from('mine')));
    const folder = dirname((await filesOnDisk())[0]!);
    await mkdir(join(root, 'files', 'lost+found'));
    for (const path of [join(folder, 'notes.txt'), join(root, 'files', '.DS_Store')]) await writeFile(path, 'not mine');
    expect((await store.list()).files.map((file) => file.key)).toEqual([key]);
  });

  it('looks at no more than 1000 files for a page, so a page can be short', async () => {
    const store = await start();
    const prefix = newOutputPrefix(randomUUID(), 1);
    await store.put(`${prefix}first`, body());
    const folder = dirname((await filesOnDisk())[0]!);
    await Promise.all(Array.from({ length: 1000 }, (_, number) => writeFile(join(folder, `output-${number}`), '')));
    const page = await store.list({ olderThanSeconds: 3600 });
    expect(page).toEqual({ files: [], next: expect.stringContaining(prefix) });
    expect(await store.list({ olderThanSeconds: 3600, after: page.next! })).toEqual({ files: [], next: null });
  });

  describe('with a disk that', () => {
    afterEach(() => vi.restoreAllMocks());

    it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('is full (%s) leaves nothing and says so', async (code) => {
      const store = await start();
      const key = newSourceKey(randomUUID());
      vi.spyOn(await handles(), 'writev').mockRejectedValueOnce(Object.assign(new Error(code), { code }));
      await expect(store.put(key, body(randomBytes(100)))).rejects.toMatchObject({
        code: 'storage-full',
        extras: { retryAfterSeconds: 10 },
      });
      expect(await filesOnDisk()).toEqual([]);
      expect(await readdir(store.tempFolder)).toEqual([]);
      await store.put(key, body(randomBytes(100)));
    });

    it('takes only a part of what it is given is given the rest', async () => {
      const store = await start();
      const key = newSourceKey(randomUUID());
      const chunks = [randomBytes(10), randomBytes(0), randomBytes(10), randomBytes(10)];
      vi.spyOn(await handles(), 'writev').mockImplementation(async function (this: FileHandle, buffers) {
        const first = buffers[0] as Buffer;
        const { bytesWritten } = await this.write(first, 0, Math.min(7, first.length));
        return { bytesWritten, buffers };
      });
      await store.put(key, body(...chunks));
      const { stream } = await store.open(key);
      expect(Buffer.concat(await stream.toArray())).toEqual(Buffer.concat(chunks));
    });

    it('cannot sync shows nothing', async () => {
      const store = await start();
      const key = newSourceKey(randomUUID());
      const error = Object.assign(new Error('EIO'), { code: 'EIO' });
      const sync = vi.spyOn(await handles(), 'sync');
      // Of the file, of `files` for the shard, of the shard for the task, of the task for the file.
      for (let failing = 1; failing <= 4; failing++) {
        for (let number = 1; number < failing; number++) sync.mockResolvedValueOnce();
        sync.mockRejectedValueOnce(error);
        await expect(store.put(key, body(randomBytes(10)))).rejects.toBe(error);
        expect(await filesOnDisk()).toEqual([]);
        expect(await readdir(store.tempFolder)).toEqual([]);
        await rm(join(root, 'files'), { recursive: true });
        await mkdir(join(root, 'files'));
      }
    });
  });
});

function start(): Promise<DiskFileStore> {
  return DiskFileStore.open(root, maxBytes, new FakeClock());
}

async function* body(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function filesOnDisk(): Promise<string[]> {
  const entries = await readdir(join(root, 'files'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What all file handles inherit from; Node does not export it. */
async function handles(): Promise<FileHandle> {
  const handle = await open(join(root, 'store.json'));
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}
