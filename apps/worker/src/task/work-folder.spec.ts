import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, readlink, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpFileStore, leaseNumberOfKey, ServiceClient, taskIdOfKey, type Endpoints } from '#contracts';
import { facts } from '#suites/task-store.fixtures';
import { create as createAxios } from 'axios';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { unavailable } from '../../test/lease-desk.js';
import { StorageStandIn, type Damage } from '../../test/storage-stand-in.js';
import { WorkPlace } from '../../test/work-place.js';
import { DamagedDownload, WorkFolder } from './work-folder.js';

const never = new AbortController().signal;

/** Of a storage that has not registered. */
const unknown: Endpoints = {
  service: 'storage',
  pick: () => Promise.reject(unavailable()),
  setAside: () => undefined,
};

describe('WorkFolder', () => {
  let storage: StorageStandIn;
  let place: WorkPlace;
  let folder: WorkFolder;

  beforeEach(async () => {
    storage = await StorageStandIn.start();
    place = new WorkPlace();
    folder = await WorkFolder.create(place.config.workFolder, storage.client);
  });

  afterEach(() => vi.restoreAllMocks());

  /** An output in the work folder. */
  async function made(bytes: Buffer): Promise<Parameters<WorkFolder['upload']>[1]> {
    const path = join(folder.path, 'thumb');
    await writeFile(path, bytes);
    return { name: 'thumb', path, type: 'image/webp', size: bytes.length, width: 4, height: 3, facts: null };
  }

  it('is a folder of its own, removed with everything in it', async () => {
    const other = await WorkFolder.create(place.config.workFolder, storage.client);
    expect(other.path).not.toBe(folder.path);
    await writeFile(join(folder.path, 'output'), 'bytes');

    await folder[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();

    expect(existsSync(folder.path)).toBe(false);
    expect(existsSync(other.path)).toBe(true);
  });

  it('is removed also when the work in it fails', async () => {
    const work = async (): Promise<void> => {
      await using attempt = await WorkFolder.create(place.config.workFolder, storage.client);
      await attempt.download(storage.taskWith(randomBytes(100)).source, never);
      expect(place.leftovers).toHaveLength(3);
      throw new Error('the work failed');
    };

    await expect(work()).rejects.toThrow('the work failed');

    expect(place.leftovers).toHaveLength(1);
  });

  describe('download', () => {
    it.each([1, 1_000, 5_000_000])('writes a source of %i bytes as it is', async (size) => {
      const source = randomBytes(size);

      const path = await folder.download(storage.taskWith(source).source, never);

      expect(path.startsWith(folder.path)).toBe(true);
      expect((await readFile(path)).equals(source)).toBe(true);
    });

    it.each<[Damage, RegExp]>([
      ['shorter', /^The source arrived with 99999 bytes/],
      ['longer', /^The source arrived with 100001 bytes/],
      ['altered', /^The source arrived with 100000 bytes and another digest; it has 100000 bytes$/],
      ['broken off', /^The download broke off after \d+ of 100000 bytes$/],
    ])('of a source that arrives %s is at fault, not the picture', async (damage, message) => {
      const { source } = storage.taskWith(randomBytes(100_000));
      storage.damages.push(damage);

      const error = await folder.download(source, never).catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(DamagedDownload);
      expect((error as Error).message).toMatch(message);
      await vi.waitFor(() => expect(storage.openDownloads).toBe(0));
    });

    it('is whole when it is repeated after one that broke off, or was longer', async () => {
      const bytes = randomBytes(100_000);
      const { source } = storage.taskWith(bytes);
      storage.damages.push('broken off', 'longer');
      await expect(folder.download(source, never)).rejects.toThrow(DamagedDownload);
      await expect(folder.download(source, never)).rejects.toThrow(DamagedDownload);

      const path = await folder.download(source, never);

      expect((await readFile(path)).equals(bytes)).toBe(true);
    });

    it('throws what storage says', async () => {
      const { source } = storage.taskWith(randomBytes(100));
      storage.files.clear();

      await expect(folder.download(source, never)).rejects.toMatchObject({ code: 'file-not-found' });
    });

    it('ends at once with the reason when it is aborted in the middle', async () => {
      const { source } = storage.taskWith(randomBytes(100_000));
      storage.damages.push('silent');
      const controller = new AbortController();
      const download = folder.download(source, controller.signal);
      download.catch(() => undefined);
      await vi.waitFor(() => expect(storage.openDownloads).toBe(1));
      const reason = new Error('the lease is lost');

      controller.abort(reason);

      await expect(download).rejects.toBe(reason);
      await vi.waitFor(() => expect(storage.openDownloads).toBe(0));
    });

    describe('into a disk that is full', () => {
      it.each<[string, () => Promise<{ bytesWritten: number }>]>([
        [
          'says so',
          () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', errno: -28 })),
        ],
        ['takes less than it was given', () => Promise.resolve({ bytesWritten: 10 })],
      ])('and %s, blames neither the picture nor the download', async (_, write) => {
        const { source } = storage.taskWith(randomBytes(3_000_000));
        vi.spyOn(await handles(), 'writev').mockImplementation(write as unknown as FileHandle['writev']);

        await expect(folder.download(source, never)).rejects.toMatchObject({ name: 'LocalFault', isFull: true });

        await vi.waitFor(() => expect(storage.openDownloads).toBe(0));
      });

      it('so that not even a file can be made, leaves no download open', async () => {
        const { source } = storage.taskWith(randomBytes(30_000_000));
        await rm(folder.path, { recursive: true });

        await expect(folder.download(source, never)).rejects.toMatchObject({
          name: 'LocalFault',
          message: expect.stringContaining('ENOENT') as string,
        });

        await vi.waitFor(() => expect(storage.openDownloads).toBe(0));
      });
    });
  });

  describe('upload', () => {
    it('stores an output under its task, its lease and its name', async () => {
      const bytes = randomBytes(700_000);
      const task = { ...storage.taskWith(bytes), leaseNumber: 7 };

      const reference = await folder.upload(task, await made(bytes), never);

      expect(reference).toEqual({
        key: reference.key,
        size: bytes.length,
        sha256: task.source.sha256,
        type: 'image/webp',
        name: 'thumb',
        width: 4,
        height: 3,
      });
      expect(storage.bytesOf(reference).equals(bytes)).toBe(true);
      expect([taskIdOfKey(reference.key), leaseNumberOfKey(reference.key)]).toEqual([task.id, 7]);
      expect(reference.key.endsWith('/thumb')).toBe(true);
    });

    it('keeps the facts of an output with it', async () => {
      const image = { ...(await made(randomBytes(10))), facts };

      expect(await folder.upload(storage.taskWith(randomBytes(1)), image, never)).toMatchObject({ facts });
    });

    it.skipIf(process.platform !== 'linux')('leaves no file open when storage is not known', async () => {
      const nowhere = new HttpFileStore(new ServiceClient(unknown, createAxios()));
      const attempt = await WorkFolder.create(place.config.workFolder, nowhere);
      const task = storage.taskWith(randomBytes(1));
      const image = await made(randomBytes(10));

      await expect(attempt.upload(task, image, never)).rejects.toMatchObject({ code: 'service-unavailable' });

      // A stream that was made opens its file before its reading, in its own time.
      await readFile(image.path);
      const held = await Promise.all(
        (await readdir('/proc/self/fd')).map((number) => readlink(`/proc/self/fd/${number}`).catch(() => null)),
      );
      expect(held).not.toContain(image.path);
    });

    it('finds this worker at fault when the output is gone', async () => {
      const task = storage.taskWith(randomBytes(1));
      const image = await made(randomBytes(10));
      await rm(image.path);

      await expect(folder.upload(task, image, never)).rejects.toMatchObject({
        name: 'LocalFault',
        message: expect.stringContaining('ENOENT') as string,
      });
      expect(storage.files.size).toBe(1);
    });

    it('takes a new key for every try', async () => {
      const task = storage.taskWith(randomBytes(1));
      const image = await made(randomBytes(10));

      const keys = [await folder.upload(task, image, never), await folder.upload(task, image, never)];

      expect(new Set(keys.map(({ key }) => key)).size).toBe(2);
    });

    it('fails when the output has not the size that it was said to have', async () => {
      const task = storage.taskWith(randomBytes(1));
      const image = await made(randomBytes(10));

      await expect(folder.upload(task, { ...image, size: 11 }, never)).rejects.toMatchObject({
        code: 'incomplete-body',
      });
      expect(storage.files.size).toBe(1);
    });
  });
});

/** What all file handles inherit from; Node does not export it. */
async function handles(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'micro-handle-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const handle = await open(join(folder, 'file'), 'w');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}
