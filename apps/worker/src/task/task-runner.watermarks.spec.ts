import { createHash } from 'node:crypto';
import { pictureKey, type Recipe, type Task } from '#contracts';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { unavailable, type Said } from '../../test/lease-desk.js';
import { openRunner, type OpenedRunner } from '../../test/opened-runner.js';

const picture = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 4, height: 3, channels: 3, background } })
    .png()
    .toBuffer();
const [source, logo] = [await picture('black'), await picture('#204060')];
const key = pictureKey(createHash('sha256').update(logo).digest('hex'));

describe('TaskRunner, with a recipe that draws a picture,', () => {
  const operations = [{ composite: { image: key, size: 1, opacity: 1 } }];
  const recipe: Recipe = { outputs: { marked: { operations, format: 'png' } } };
  let desk: OpenedRunner['desk'];
  let storage: OpenedRunner['storage'];
  let runner: OpenedRunner['runner'];
  let task: Task;

  beforeEach(async () => {
    ({ desk, storage, runner } = await openRunner());
    task = storage.taskWith(source, { recipe });
  });

  async function settle(): Promise<Said | undefined> {
    const { lease, token } = desk.lease(task);
    await runner.run(lease, token, new AbortController().signal);
    return desk.settled.get(task.id);
  }

  it('downloads the picture and draws it', async () => {
    storage.files.set(key, logo);

    const said = (await settle()) as { finished: Task['outputs'] };

    const made = await sharp(storage.bytesOf(said.finished[0]!)).removeAlpha().raw().toBuffer();
    expect(made).toEqual(await sharp(logo).raw().toBuffer());
  });

  it('waits while storage is away', async () => {
    storage.files.set(key, logo);
    storage.refusals.GET.push(undefined, unavailable());

    expect(await settle()).toHaveProperty('finished');

    expect(storage.requests.filter((request) => request === `GET ${key}`)).toHaveLength(2);
  });

  it('leaves the task for another try when the picture is not there', async () => {
    expect(await settle()).toMatchObject({ failed: { code: 'file-not-found', permanent: false } });
  });

  it('leaves the task for another try when the picture was damaged on its way', async () => {
    storage.files.set(key, source);

    expect(await settle()).toMatchObject({ failed: { code: 'damaged-download', permanent: false } });
  });
});
