import { Problem, type FileReference, type Task } from '#contracts';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { unavailable, type Said } from '../../test/lease-desk.js';
import { openRunner, type OpenedRunner } from '../../test/opened-runner.js';
import { ImageProcessor, type ProcessedImage } from '../image/image-processor.js';
import { Draining } from './task-runner.js';

const picture = await sharp({ create: { width: 4, height: 3, channels: 3, background: '#204060' } })
  .png()
  .toBuffer();

function outputsOf(said: Said | undefined): FileReference[] {
  expect(said).toHaveProperty('finished');
  return (said as { finished: FileReference[] }).finished;
}

describe('TaskRunner', () => {
  let desk: OpenedRunner['desk'];
  let storage: OpenedRunner['storage'];
  let place: OpenedRunner['place'];
  let images: OpenedRunner['images'];
  let runner: OpenedRunner['runner'];
  let drain: AbortController;

  beforeEach(async () => {
    ({ desk, storage, place, images, runner } = await openRunner());
    drain = new AbortController();
  });

  afterEach(() => vi.restoreAllMocks());

  function run(task: Task, turn?: Promise<void>): Promise<unknown> {
    const { lease, token } = desk.lease(task);
    return runner.run(lease, token, drain.signal, turn);
  }

  /** Runs a task to its end. @returns what was said of it; undefined when nothing was */
  async function settle(task: Task): Promise<Said | undefined> {
    await run(task);
    expect(place.leftovers).toEqual([]);
    return desk.settled.get(task.id);
  }

  /** Has the image work wait until it is told its outcome. */
  function holdImageWork(): PromiseWithResolvers<ProcessedImage[]> & {
    process: MockInstance<ImageProcessor['process']>;
  } {
    const work = Promise.withResolvers<ProcessedImage[]>();
    const process = vi.spyOn(images, 'process').mockReturnValue(work.promise);
    return { ...work, process };
  }

  /** Takes the task away once `when` has come. */
  async function loseLease(task: Task, when: () => void): Promise<void> {
    desk.leaseMs = 150;
    const running = run(task);
    await vi.waitFor(when);
    desk.takeAway(task.id);
    await running;
    expect(desk.settled.size).toBe(0);
    expect(desk.calls).not.toContain('fail');
    expect(place.leftovers).toEqual([]);
    expect(place.log.at(-1)).toContain('is given up');
  }

  /** Stops the worker once `when` has come. @returns what was said of the task */
  async function stopAt(when: () => void, task = storage.taskWith(picture)): Promise<Said | undefined> {
    const running = run(task);
    await vi.waitFor(when);
    drain.abort(new Draining('The worker stops'));
    await running;
    return desk.settled.get(task.id);
  }

  it('takes a task from its source to its published outputs', async () => {
    const recipe = {
      outputs: {
        negative: { operations: [{ negate: {} }], format: 'same' as const },
        small: { operations: [{ resize: { width: 2 } }], format: 'webp' as const },
      },
    };
    const task = storage.taskWith(picture, { recipe, leaseNumber: 3 });

    const [negative, small] = outputsOf(await settle(task));

    expect(negative).toMatchObject({ name: 'negative', type: 'image/png', width: 4, height: 3 });
    expect(small).toMatchObject({ name: 'small', type: 'image/webp', width: 2 });
    expect(negative!.key).toMatch(new RegExp(`^${task.id}/3-[0-9a-f]{16}/negative$`));
    const pixels = await sharp(storage.bytesOf(negative!)).raw().toBuffer();
    expect([...pixels.subarray(0, 3)]).toEqual([0xdf, 0xbf, 0x9f]);
    expect(storage.bytesOf(task.source)).toEqual(picture);
  });

  it('says with its renewals what it is doing', async () => {
    desk.leaseMs = 30;
    const work = holdImageWork();
    const running = run(storage.taskWith(picture));
    await vi.waitFor(() => expect(desk.stages).toContain('processing'));
    storage.away.add('PUT');
    work.resolve([await outputOf(picture)]);

    await vi.waitFor(() => expect(desk.stages).toContain('uploading'));

    drain.abort(new Draining('end of the test'));
    await running;
  });

  it('stops renewing when it is done', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await settle(storage.taskWith(picture));

    expect(vi.getTimerCount()).toBe(0);
    expect(desk.calls).toEqual(['finish']);
    vi.useRealTimers();
  });

  describe('while it is not yet its turn', () => {
    it('keeps the lease, and begins when its turn comes', async () => {
      desk.leaseMs = 30;
      const turn = Promise.withResolvers<void>();
      const running = run(storage.taskWith(picture), turn.promise);
      await vi.waitFor(() => expect(desk.calls.filter((call) => call === 'renew').length).toBeGreaterThan(1));
      expect(storage.requests).toEqual([]);

      turn.resolve();
      await running;

      expect([...desk.settled.values()]).toMatchObject([{ finished: [{ name: 'image' }] }]);
    });

    it('gives the task back when the worker must stop', async () => {
      const running = run(storage.taskWith(picture), new Promise(() => undefined));
      drain.abort(new Draining('The worker stops'));
      await running;

      expect([...desk.settled.values()]).toEqual([{ released: true }]);
      expect(storage.requests).toEqual([]);
    });

    it('gives it up when the lease is lost', async () => {
      desk.leaseMs = 30;
      const task = storage.taskWith(picture);
      const running = run(task, new Promise(() => undefined));
      desk.takeAway(task.id);
      await running;

      expect(desk.settled.size).toBe(0);
      expect(place.log.at(-1)).toContain('is given up');
    });
  });

  describe('settles nothing when the lease is lost', () => {
    it('while it downloads: the download is broken off', async () => {
      storage.damages.push('silent');

      await loseLease(storage.taskWith(picture), () => expect(storage.openDownloads).toBe(1));

      await vi.waitFor(() => expect(storage.openDownloads).toBe(0));
    });

    it('while storage is away for the download', async () => {
      storage.away.add('GET');

      await loseLease(storage.taskWith(picture), () => expect(storage.count('GET')).toBeGreaterThan(1));
    });

    it('while it processes: the slot is free again when the image work ends', async () => {
      const work = holdImageWork();
      const ended = vi.fn<() => void>();
      const lost = loseLease(storage.taskWith(picture), () => expect(work.process).toHaveBeenCalled()).then(ended);
      await vi.waitFor(() => expect(work.process.mock.calls[0]?.[3]?.aborted).toBe(true));
      const endsEarly = vi.waitFor(() => expect(ended).toHaveBeenCalled(), { timeout: 200 });
      await expect(endsEarly).rejects.toThrow();

      work.resolve([]);

      await lost;
      expect(storage.count('PUT')).toBe(0);
    });

    it('while it waits for storage to upload', async () => {
      storage.away.add('PUT');

      await loseLease(storage.taskWith(picture), () => expect(storage.count('PUT')).toBeGreaterThan(0));
    });

    it('while it waits for master to finish', async () => {
      const finish = vi.spyOn(desk, 'finish').mockRejectedValue(unavailable());

      await loseLease(storage.taskWith(picture), () => expect(finish).toHaveBeenCalled());
    });

    it.each(['lease-lost', 'task-not-found'] as const)('as the answer to finish says: %s', async (code) => {
      vi.spyOn(desk, 'finish').mockRejectedValue(new Problem(code, 'settled, stop'));

      expect(await settle(storage.taskWith(picture))).toBeUndefined();
      expect(desk.calls).not.toContain('fail');
    });

    it('as the answer to fail says', async () => {
      vi.spyOn(desk, 'fail').mockRejectedValue(new Problem('lease-lost', 'settled, stop'));

      expect(await settle(storage.taskWith(Buffer.from('no picture')))).toBeUndefined();
    });
  });

  describe('while a service is away', () => {
    it('waits for storage to download', async () => {
      storage.refusals.GET.push(unavailable(), unavailable());

      outputsOf(await settle(storage.taskWith(picture)));

      expect(storage.count('GET')).toBe(3);
    });

    it('waits for storage to upload, under a new key for each try, and makes the outputs once', async () => {
      const process = vi.spyOn(images, 'process');
      storage.refusals.PUT.push(unavailable(), unavailable());

      outputsOf(await settle(storage.taskWith(picture)));

      const keys = storage.requests.filter((request) => request.startsWith('PUT'));
      expect(new Set(keys).size).toBe(3);
      expect(process).toHaveBeenCalledTimes(1);
      expect(storage.count('GET')).toBe(1);
    });

    it('finishes when master is back, and uploads nothing again', async () => {
      const running = run(storage.taskWith(picture));
      desk.away = true;
      await vi.waitFor(() => expect(desk.calls.filter((call) => call === 'finish').length).toBeGreaterThan(1));
      desk.away = false;
      await running;

      expect([...desk.settled.values()]).toMatchObject([{ finished: [{ name: 'image' }] }]);
      expect(storage.count('PUT')).toBe(1);
    });

    it('says why a task failed when master is back', async () => {
      const running = run(storage.taskWith(Buffer.from('no picture')));
      desk.away = true;
      await vi.waitFor(() => expect(desk.calls).toContain('fail'));
      desk.away = false;
      await running;

      expect([...desk.settled.values()]).toMatchObject([{ failed: { code: 'undecodable-image' } }]);
    });
  });

  describe('gives a task back when the worker must stop', () => {
    it('while it downloads', async () => {
      storage.damages.push('silent');

      expect(await stopAt(() => expect(storage.openDownloads).toBe(1))).toEqual({ released: true });
    });

    it('while it processes, without waiting for image work that cannot be broken off', async () => {
      const { process } = holdImageWork();

      expect(await stopAt(() => expect(process).toHaveBeenCalled())).toEqual({ released: true });
    });

    it('while it waits for storage', async () => {
      storage.away.add('PUT');

      expect(await stopAt(() => expect(storage.count('PUT')).toBeGreaterThan(0))).toEqual({ released: true });
    });

    it('before it has begun', async () => {
      drain.abort(new Draining('The worker stops'));

      expect(await settle(storage.taskWith(picture))).toEqual({ released: true });
      expect(storage.requests).toEqual([]);
    });

    it('tries it only once: while master is away, the lease expires', async () => {
      const finish = vi.spyOn(desk, 'finish').mockRejectedValue(unavailable());
      const release = vi.spyOn(desk, 'release').mockRejectedValue(unavailable());

      await stopAt(() => expect(finish).toHaveBeenCalled());

      expect(release).toHaveBeenCalledTimes(1);
      expect(place.log.at(-1)).toContain('comes back when its lease expires');
    });

    it('does not wait for master to hear of a failure', async () => {
      const fail = vi.spyOn(desk, 'fail').mockRejectedValue(unavailable());

      await stopAt(() => expect(fail).toHaveBeenCalled(), storage.taskWith(Buffer.from('no picture')));

      expect(place.log.at(-1)).toContain('comes back when its lease expires');
    });

    it('does not wait for an answer for long', async () => {
      const { process } = holdImageWork();
      vi.spyOn(desk, 'release').mockReturnValue(new Promise(() => undefined));

      await stopAt(() => expect(process).toHaveBeenCalled());

      expect(place.log.at(-1)).toContain('comes back when its lease expires');
    });
  });

  it.each(['finish', 'fail', 'renew'] as const)('never rejects, whatever %s answers', async (call) => {
    vi.spyOn(desk, call).mockRejectedValue(new TypeError('a mistake'));
    const source = call === 'fail' ? Buffer.from('no picture') : picture;

    await expect(run(storage.taskWith(source))).resolves.toBeNull();
  });

  async function outputOf(bytes: Buffer): Promise<ProcessedImage> {
    const path = `${place.config.workFolder}/output`;
    await sharp(bytes).png().toFile(path);
    const { length: size } = await sharp(path).toBuffer();
    return { name: 'image', path, type: 'image/png', size, width: 4, height: 3, facts: null };
  }
});
