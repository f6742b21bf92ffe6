import { newSourceKey, Problem, RecipeBook, type Task } from '#contracts';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { MemoryTaskStore } from '../../test/memory-task-store.js';
import { testConfig } from '../../test/running-master.js';
import { Pairing } from '../janitor/pairing.js';
import type { PictureStorage } from './picture-storage.js';
import { SourceStorage, type StoredSource } from './source-storage.js';
import type { SubmissionDto } from './submission.dto.js';
import { Submission, type SubmissionOrigin } from './submission.js';

const recipes = RecipeBook.parse({
  negate: { outputs: { image: { operations: [{ negate: {} }] } } },
  small: { outputs: { thumb: { operations: [{ resize: { width: 9 } }] } } },
});
const away = new Problem('service-unavailable', 'db cannot be reached', { retryAfterSeconds: 1 });

describe('Submission', () => {
  let tasks: MemoryTaskStore;
  let files: MemoryFileStore;
  let pictures: { ensure: Mock<PictureStorage['ensure']> };
  let submission: Submission;

  beforeEach(() => {
    tasks = new MemoryTaskStore();
    files = new MemoryFileStore();
    pictures = { ensure: vi.fn<PictureStorage['ensure']>().mockResolvedValue() };
    submission = new Submission(
      tasks,
      new SourceStorage(files, testConfig()),
      recipes,
      new Pairing(tasks, files),
      pictures as unknown as PictureStorage,
    );
  });

  afterEach(() => vi.restoreAllMocks());

  /** A source as the upload leaves it. */
  async function stored(text = 'a picture'): Promise<StoredSource> {
    const taskId = v7();
    const file = await files.put(newSourceKey(taskId), bytesOf(text));
    return { ...file, taskId, type: 'image/png', name: 'photo.png', width: null, height: null };
  }

  async function submit(fields: SubmissionDto = {}, headers: SubmissionOrigin = {}, text?: string): Promise<Task> {
    return submission.submit(await stored(text), fields, headers);
  }

  it('makes a task of the source, under the id that the source was stored for', async () => {
    const source = await stored();
    const { taskId, ...reference } = source;

    const task = await submission.submit(source, { priority: 7, labels: { album: 'summer' } }, { traceparent: '00-a' });

    expect(await tasks.get(taskId)).toEqual(task);
    expect(task).toMatchObject({
      id: taskId,
      state: 'queued',
      owner: '',
      priority: 7,
      labels: { album: 'summer' },
      source: reference,
      traceContext: '00-a',
    });
    expect(files.keys).toEqual([source.key]);
  });

  it('has defaults for everything that is left out', async () => {
    expect(await submit()).toMatchObject({
      priority: 0,
      labels: {},
      traceContext: null,
      recipe: { outputs: { image: { operations: [{ negate: {} }], format: 'same' } } },
    });
  });

  it('gives the task the recipe itself, of a preset’s name or of JSON', async () => {
    const { recipe } = await submit({ recipe: 'small' });

    expect(recipe).toEqual({ outputs: { thumb: { operations: [{ resize: { width: 9 } }], format: 'same' } } });
    expect((await submit({ recipe: JSON.stringify(recipe) })).recipe).toEqual(recipe);
  });

  it.each(['nobody-knows', '{"outputs": {}}', '{"outputs"', ''])('refuses the recipe %j', async (recipe) => {
    await expect(submit({ recipe })).rejects.toMatchObject({ code: 'invalid-request' });
    expect((await tasks.list()).tasks).toEqual([]);
  });

  it('keeps no more of a trace context than db takes', async () => {
    expect((await submit({}, { traceparent: 'x'.repeat(600) })).traceContext).toBe('x'.repeat(512));
    expect((await submit({}, { traceparent: '' })).traceContext).toBeNull();
  });

  describe('labels', () => {
    it('may be 20 texts of 200 characters', async () => {
      const labels = Object.fromEntries(
        Array.from({ length: 20 }, (_, number) => [String(number).padStart(200, 'n'), 'v'.repeat(200)]),
      );
      expect((await submit({ labels: { ...labels } })).labels).toEqual(labels);
      expect((await submit({ labels: { empty: '' } })).labels).toEqual({ empty: '' });
    });

    it.each([
      ['21 of them', Object.fromEntries(Array.from({ length: 21 }, (_, number) => [`n${number}`, '']))],
      ['a name without a letter', { '': 'text' }],
      ['a name that is too long', { ['n'.repeat(201)]: 'text' }],
      ['a text that is too long', { name: 'v'.repeat(201) }],
      ['a number', { name: 7 }],
      ['null', { name: null }],
      ['an object', { name: {} }],
    ])('are refused for %s', async (_, labels) => {
      await expect(submit({ labels: labels as Record<string, string> })).rejects.toMatchObject({
        code: 'invalid-request',
        extras: { errors: [{ field: 'labels' }] },
      });
      expect((await tasks.list()).tasks).toEqual([]);
    });

    it.each(['__proto__', 'constructor', 'prototype'])('may not be called %s, which would not arrive', async (name) => {
      const labels = JSON.parse(`{"album": "summer", "${name}": "text"}`) as Record<string, string>;

      await expect(submit({ labels })).rejects.toMatchObject({
        code: 'invalid-request',
        detail: expect.stringContaining(name) as string,
      });
    });
  });

  describe('with an idempotency key', () => {
    const idempotencyKey = 'a key';

    it('gives the same request the first task, and removes the second source', async () => {
      const first = await submit({ labels: { a: 'b' } }, { idempotencyKey });

      expect(await submit({ labels: { a: 'b' } }, { idempotencyKey })).toEqual(first);

      expect(files.keys).toEqual([first.source.key]);
    });

    it('takes a default that is written out for the same request', async () => {
      const first = await submit({}, { idempotencyKey });

      const again = await submit({ recipe: 'negate', priority: 0, labels: {} }, { idempotencyKey });

      expect(again.id).toBe(first.id);
    });

    it.each([
      ['another picture', {}, 'another picture'],
      ['another recipe', { recipe: 'small' }, undefined],
      ['another priority', { priority: 1 }, undefined],
      ['other labels', { labels: { a: 'c' } }, undefined],
    ])('refuses %s under the same key', async (_, fields, text) => {
      await submit({}, { idempotencyKey });

      await expect(submit(fields, { idempotencyKey }, text)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    });

    it('lets one of two win that come at the same time', async () => {
      const [one, other] = await Promise.all([submit({}, { idempotencyKey }), submit({}, { idempotencyKey })]);

      expect(one).toEqual(other);
      expect(files.keys).toEqual([one.source.key]);
    });

    it('answers the loser although its source cannot be removed now', async () => {
      const first = await submit({}, { idempotencyKey });
      vi.spyOn(files, 'delete').mockRejectedValueOnce(away);

      expect(await submit({}, { idempotencyKey })).toEqual(first);
    });

    it.each(['', 'Zürich', 'a\tb', 'k'.repeat(256)])('refuses the key %j', async (wrong) => {
      await expect(submit({}, { idempotencyKey: wrong })).rejects.toMatchObject({
        code: 'invalid-request',
        extras: { errors: [{ field: 'Idempotency-Key' }] },
      });
    });

    it('takes a key of any 255 printable characters', async () => {
      await submit({}, { idempotencyKey: `~ "${'k'.repeat(251)}!`.slice(0, 255) });
    });
  });

  describe('with pictures that the recipe draws', () => {
    it('makes no task before they are stored', async () => {
      const inStorage = Promise.withResolvers<void>();
      pictures.ensure.mockReturnValueOnce(inStorage.promise);
      const create = vi.spyOn(tasks, 'create');

      const submitted = submit({ recipe: 'small' });
      await vi.waitFor(() => expect(pictures.ensure).toHaveBeenCalledWith(recipes.resolve('small')));
      expect(create).not.toHaveBeenCalled();
      inStorage.resolve();

      expect((await submitted).state).toBe('queued');
    });

    it('tries again until storage is back', async () => {
      pictures.ensure.mockRejectedValueOnce(away);

      expect((await submit()).state).toBe('queued');

      expect(pictures.ensure).toHaveBeenCalledTimes(2);
    });

    it.each([away, new Problem('storage-full', 'no room')])(
      'makes none when they cannot be stored: %s',
      async (error) => {
        pictures.ensure.mockRejectedValue(error);
        let now = 0;
        vi.spyOn(performance, 'now').mockImplementation(() => (now += 3_000) - 3_000);

        await expect(submit()).rejects.toBe(error);

        expect((await tasks.list()).tasks).toEqual([]);
      },
    );
  });

  describe('while db is away', () => {
    it('tries again under the same id until db is back', async () => {
      const create = vi.spyOn(tasks, 'create').mockRejectedValueOnce(away).mockRejectedValueOnce(away);
      const source = await stored();

      expect((await submission.submit(source, {}, {})).id).toBe(source.taskId);

      expect(create.mock.calls.map(([{ id }]) => id)).toEqual([source.taskId, source.taskId, source.taskId]);
    });

    it('takes the task that an unanswered try made for its own', async () => {
      const create = tasks.create.bind(tasks);
      vi.spyOn(tasks, 'create').mockImplementationOnce(async (task) => {
        await create(task);
        throw away;
      });
      const source = await stored();

      expect((await submission.submit(source, {}, {})).id).toBe(source.taskId);

      expect(files.keys).toEqual([source.key]);
    });

    it('gives up after eight seconds', async () => {
      const create = vi.spyOn(tasks, 'create').mockRejectedValue(away);
      let now = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => (now += 3_000) - 3_000);

      await expect(submit()).rejects.toBe(away);

      expect(create).toHaveBeenCalledTimes(3);
    });

    describe('and did not answer the last create', () => {
      beforeEach(async () => {
        const create = vi.spyOn(tasks, 'create').mockRejectedValue(away);
        let now = 0;
        vi.spyOn(performance, 'now').mockImplementation(() => (now += 3_000) - 3_000);
        await expect(submit()).rejects.toBe(away);
        create.mockRestore();
      });

      it('refuses uploads before they are received, until db answers', async () => {
        const ask = vi.spyOn(tasks, 'storeId').mockRejectedValueOnce(away).mockRejectedValueOnce(away);

        await expect(submission.requireDb()).rejects.toBe(away);
        await expect(submission.requireDb()).rejects.toBe(away);
        await submission.requireDb();
        await submission.requireDb();

        expect(ask).toHaveBeenCalledTimes(3);
      });

      it('asks once for all uploads that come at the same time', async () => {
        const ask = vi.spyOn(tasks, 'storeId').mockRejectedValueOnce(away);
        const uploads = [submission.requireDb(), submission.requireDb()];

        for (const upload of uploads) await expect(upload).rejects.toBe(away);

        expect(ask).toHaveBeenCalledTimes(1);
      });

      it('keeps the source, whose create may be on its way', () => {
        expect(files.keys).toHaveLength(1);
      });
    });

    it('asks db for nothing before an upload as long as creates are answered', async () => {
      vi.spyOn(tasks, 'create').mockRejectedValueOnce(away);
      await submit();
      const ask = vi.spyOn(tasks, 'storeId');

      await submission.requireDb();

      expect(ask).not.toHaveBeenCalled();
    });

    it('removes the source when no create was ever sent', async () => {
      vi.spyOn(tasks, 'storeId').mockRejectedValue(away);
      let now = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => (now += 3_000) - 3_000);

      await expect(submit()).rejects.toBe(away);

      expect(files.keys).toEqual([]);
    });

    it('tries nothing again that db has refused', async () => {
      const refusal = new Problem('task-gone', 'buried');
      const create = vi.spyOn(tasks, 'create').mockRejectedValue(refusal);

      await expect(submit()).rejects.toBe(refusal);

      expect(create).toHaveBeenCalledTimes(1);
    });
  });
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
