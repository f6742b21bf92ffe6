import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '#contracts';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SmallDisk } from '../../../../test/harness/small-disk.js';
import { unavailable, type Said } from '../../test/lease-desk.js';
import { openRunner, type OpenedRunner } from '../../test/opened-runner.js';
import { colours } from '../../test/pictures.js';
import { LocalFault } from '../local-fault.js';

const never = new AbortController().signal;
const picture = await colours().png().toBuffer();
const toPng = { outputs: { image: { operations: [], format: 'png' as const } } };
const tooSmall = { failed: { code: 'work-folder-too-small', permanent: false } };

/** A small file that becomes a large one. */
async function noise(): Promise<Buffer> {
  const [width, height] = [600, 600];
  const raw = { width, height, channels: 3 } as const;
  const jpeg = await sharp(randomBytes(width * height * 3), { raw })
    .jpeg({ quality: 30 })
    .toBuffer();
  expect(jpeg.length).toBeLessThan(300_000);
  return jpeg;
}

describe('TaskRunner, when the worker itself is at fault', () => {
  let desk: OpenedRunner['desk'];
  let storage: OpenedRunner['storage'];
  let place: OpenedRunner['place'];
  let images: OpenedRunner['images'];
  let runner: OpenedRunner['runner'];

  beforeEach(async () => {
    ({ desk, storage, place, images, runner } = await openRunner());
  });

  afterEach(() => vi.restoreAllMocks());

  function run(task: Task): Promise<LocalFault | null> {
    const { lease, token } = desk.lease(task);
    return runner.run(lease, token, never);
  }

  /** Runs a task that is settled otherwise. @returns what was said of it */
  async function saidOf(task: Task): Promise<Said | undefined> {
    expect(await run(task)).toBeNull();
    return desk.settled.get(task.id);
  }

  /** Runs a task that the worker must give back. @returns why */
  async function fault(task: Task): Promise<LocalFault> {
    const reason = await run(task);
    expect(reason).toBeInstanceOf(LocalFault);
    expect([...desk.settled.values()]).toEqual([{ released: true }]);
    return reason!;
  }

  it.each(['/nowhere', '/dev/null'])('gives the task back because %s is no folder to work in', async (workFolder) => {
    place.config.workFolder = workFolder;

    expect((await fault(storage.taskWith(picture))).message).toContain(workFolder);
    expect(storage.requests).toEqual([]);
  });

  it.skipIf(SmallDisk.obstacle)('gives the task back because its disk is full before the work', async () => {
    const disk = SmallDisk.mount(1);
    await disk.fill();
    place.config.workFolder = disk.folder;

    expect((await fault(storage.taskWith(picture))).isFull).toBe(true);
  });

  it.skipIf(SmallDisk.obstacle)('gives the task back because its disk takes no more files, however empty', async () => {
    place.config.workFolder = SmallDisk.mount(1, 1).folder;

    expect((await fault(storage.taskWith(picture))).isFull).toBe(true);
  });

  it('gives the task back as soon as master is there: it must not cost it a lease', async () => {
    place.config.workFolder = '/nowhere';
    const release = vi.spyOn(desk, 'release').mockRejectedValueOnce(unavailable());

    await fault(storage.taskWith(picture));

    expect(release).toHaveBeenCalledTimes(2);
  });

  it.skipIf(SmallDisk.obstacle)('gives the task back because others have left no room for what it makes', async () => {
    const disk = SmallDisk.mount(1);
    await writeFile(join(disk.folder, 'of-others'), Buffer.alloc(600_000));
    place.config.workFolder = disk.folder;

    expect((await fault(storage.taskWith(await noise(), { recipe: toPng }))).isFull).toBe(true);
    expect(await disk.files()).toEqual([join(disk.folder, 'of-others')]);
  });

  it('gives the task back because the picture is gone from the disk', async () => {
    const work = images.process.bind(images);
    vi.spyOn(images, 'process').mockImplementation(async (source, ...rest) => {
      await rm(source);
      return work(source, ...rest);
    });

    expect((await fault(storage.taskWith(picture))).message).toContain('ENOENT');
  });

  it.skipIf(SmallDisk.obstacle)(
    'fails a task, to be tried again, whose files do not fit into a disk that is empty',
    async () => {
      place.config.workFolder = SmallDisk.mount(1).folder;

      expect(await saidOf(storage.taskWith(await noise(), { recipe: toPng }))).toMatchObject(tooSmall);
      expect(await saidOf(storage.taskWith(randomBytes(2_000_000)))).toMatchObject(tooSmall);
    },
  );
});
