import type { Task } from '#contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runningTask, type Said } from '../../test/lease-desk.js';
import { openRunner, type OpenedRunner } from '../../test/opened-runner.js';
import { colours } from '../../test/pictures.js';
import type { Damage } from '../../test/storage-stand-in.js';
import { ImageFailure, ProcessingTimeout } from '../image/image-failure.js';

const never = new AbortController().signal;
const picture = await colours().png().toBuffer();

function failed(code: string, permanent: boolean): object {
  return { failed: { code, permanent } };
}

describe('TaskRunner fails a task', () => {
  let desk: OpenedRunner['desk'];
  let storage: OpenedRunner['storage'];
  let place: OpenedRunner['place'];
  let images: OpenedRunner['images'];
  let runner: OpenedRunner['runner'];

  beforeEach(async () => {
    ({ desk, storage, place, images, runner } = await openRunner());
  });

  afterEach(() => vi.restoreAllMocks());

  /** Runs a task to its end. @returns what was said of it */
  async function settle(task: Task): Promise<Said | undefined> {
    const { lease, token } = desk.lease(task);
    await runner.run(lease, token, never);
    expect(place.leftovers).toEqual([]);
    return desk.settled.get(task.id);
  }

  it('for good when the picture cannot be decoded', async () => {
    const said = await settle(storage.taskWith(Buffer.from('no picture, though every byte arrived')));

    expect(said).toMatchObject(failed('undecodable-image', true));
  });

  it('for good when the picture does not fit the recipe', async () => {
    vi.spyOn(images, 'process').mockRejectedValue(new ImageFailure('recipe-does-not-fit', 'too small'));

    expect(await settle(storage.taskWith(picture))).toEqual({
      failed: { code: 'recipe-does-not-fit', detail: 'too small', technical: null, permanent: true },
    });
  });

  it('in plain words, with those of the image library beside them, and without its paths', async () => {
    const technical = 'pngload: /tmp/node-micro-x/source: CRC error';
    vi.spyOn(images, 'process').mockRejectedValue(new ImageFailure('undecodable-image', 'It is damaged', technical));

    expect(await settle(storage.taskWith(picture))).toMatchObject({
      failed: { detail: 'It is damaged', technical: 'pngload: [path]: CRC error' },
    });
    const told = 'undecodable-image: It is damaged (pngload: [path]: CRC error). It has failed for good';
    expect(place.log.at(-1)).toContain(told);
  });

  it.each<Damage>(['shorter', 'longer', 'altered', 'broken off'])(
    'to be tried again when its source arrives %s: the picture is not to blame',
    async (damage) => {
      storage.damages.push(damage);

      expect(await settle(storage.taskWith(picture))).toMatchObject(failed('damaged-download', false));
    },
  );

  it('to be tried again when it does not know the recipe: another worker may', async () => {
    const recipe = { outputs: { image: { operations: [{ enchant: {} }], format: 'same' } } };

    const said = await settle(storage.taskWith(picture, { recipe: recipe as unknown as Task['recipe'] }));

    expect(said).toMatchObject(failed('unknown-recipe', false));
    expect(said).toHaveProperty('failed.detail', expect.stringContaining('enchant'));
  });

  it('to be tried again when it takes too long, and for good when it did so before', async () => {
    vi.spyOn(images, 'process').mockRejectedValue(new ProcessingTimeout('took longer than 120 s'));
    const again = { error: { code: 'processing-timeout', detail: 'took longer than 120 s', technical: null } };
    const other = { error: { code: 'damaged-download', detail: 'broken off', technical: null } };

    expect(await settle(storage.taskWith(picture))).toMatchObject(failed('processing-timeout', false));
    expect(await settle(storage.taskWith(picture, other))).toMatchObject(failed('processing-timeout', false));
    expect(await settle(storage.taskWith(picture, again))).toMatchObject(failed('processing-timeout', true));
  });

  it('to be tried again when storage has not its source', async () => {
    expect(await settle(runningTask())).toMatchObject(failed('file-not-found', false));
  });

  it('to be tried again at an error that nobody expected, which only the log tells, with its stack', async () => {
    const error = new TypeError('Cannot read /tmp/a-secret-place');
    vi.spyOn(images, 'process').mockRejectedValue(error);

    const detail = 'The worker met an error that it did not expect';
    const failure = { code: 'processing-failed', detail, technical: null, permanent: false };
    expect(await settle(storage.taskWith(picture))).toEqual({ failed: failure });
    expect(place.errors).toEqual([error]);
  });

  it('to be tried again when its download breaks off, of which only the log tells the cause', async () => {
    storage.damages.push('broken off');

    const detail = expect.stringMatching(/^The download broke off after \d+ of \d+ bytes$/) as string;
    expect(await settle(storage.taskWith(picture))).toMatchObject({ failed: { detail } });
    expect(place.log.filter((line) => /aborted|ECONNRESET|terminated/.test(line))).toHaveLength(1);
  });

  it('in as many words as db takes', async () => {
    vi.spyOn(images, 'process').mockRejectedValue(new ImageFailure('recipe-does-not-fit', 'x'.repeat(2_000)));

    expect(await settle(storage.taskWith(picture))).toHaveProperty('failed.detail', 'x'.repeat(1_000));
  });
});
