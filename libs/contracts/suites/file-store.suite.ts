import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  newOutputPrefix,
  newSourceKey,
  type FileListQuery,
  type FileStore,
  type ListedFile,
  type OpenOptions,
} from '#contracts';
import { chunksOf, problem, sha256, zeros, type OpenFileStore } from './file-store.fixtures.js';
import { describePictures } from './file-store.pictures.js';

const MB = 1024 ** 2;

/** What every `FileStore` must do. */
export function describeFileStore(name: string, open: () => Promise<OpenFileStore>): void {
  describe(`${name} as a FileStore`, () => {
    let opened: OpenFileStore;
    let store: FileStore;
    let key: string;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
      key = newSourceKey(randomUUID());
    });

    afterEach(() => opened.close());

    const read = async (of: string, options?: OpenOptions): Promise<Buffer> =>
      Buffer.concat(await (await store.open(of, options)).stream.toArray());

    const listAll = async (query: FileListQuery = {}): Promise<ListedFile[]> => {
      const files: ListedFile[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page = await store.list({ ...query, after });
        expect(page.files.length).toBeLessThanOrEqual(query.limit ?? 1000);
        files.push(...page.files);
        after = page.next;
      }
      return files;
    };

    const expectNoFile = async (): Promise<void> => {
      await expect(store.open(key)).rejects.toMatchObject(problem('file-not-found'));
      await expect(store.size(key)).rejects.toMatchObject(problem('file-not-found'));
      expect(await listAll()).toEqual([]);
    };

    describe('put and open', () => {
      it.each([
        ['an empty file', 0, 1],
        ['one byte', 1, 1],
        ['3 MB in one chunk', 3 * MB, 3 * MB],
        ['20 MB in odd chunks', 20 * MB, 77_777],
        ['many tiny chunks', 5000, 1],
      ])('keep %s', async (_, size, chunkSize) => {
        const bytes = randomBytes(size);
        expect(await store.put(key, chunksOf(bytes, chunkSize))).toEqual({ key, size, sha256: sha256(bytes) });
        const file = await store.open(key);
        expect(file).toMatchObject({ size, range: null });
        expect(Buffer.concat(await file.stream.toArray()).equals(bytes)).toBe(true);
        expect(await store.size(key)).toBe(size);
      });

      it('keep outputs beside the source', async () => {
        const prefix = newOutputPrefix(key.slice(0, 36), 1);
        for (const text of ['preview', 'full-size']) await store.put(prefix + text, chunksOf(Buffer.from(text)));
        await store.put(key, chunksOf(Buffer.from('source')));
        expect((await read(`${prefix}preview`)).toString()).toBe('preview');
        expect((await read(`${prefix}full-size`)).toString()).toBe('full-size');
        expect((await read(key)).toString()).toBe('source');
      });

      it('let a reader leave early', async () => {
        await store.put(key, chunksOf(randomBytes(3 * MB)));
        const { stream } = await store.open(key);
        stream.destroy();
        expect(await store.size(key)).toBe(3 * MB);
      });

      it('find no file under a key that was never put', () => expectNoFile());
    });

    describe('a range', () => {
      const bytes = randomBytes(1000);

      it.each([
        [{ start: 0, end: 0 }, 0, 0],
        [{ start: 10, end: 19 }, 10, 19],
        [{ start: 990 }, 990, 999],
        [{ start: 990, end: 5000 }, 990, 999],
        [{ suffix: 10 }, 990, 999],
        [{ suffix: 5000 }, 0, 999],
      ])('%j of 1000 bytes gives bytes %i to %i', async (range, start, end) => {
        await store.put(key, chunksOf(bytes));
        const file = await store.open(key, { range });
        expect(file).toMatchObject({ size: 1000, range: { start, end } });
        expect(Buffer.concat(await file.stream.toArray())).toEqual(bytes.subarray(start, end + 1));
      });

      it.each([
        [{ start: 1000 }, 1000],
        [{ suffix: 0 }, 1000],
        [{ start: 0 }, 0],
        [{ suffix: 1 }, 0],
      ])('%j of %i bytes cannot be satisfied', async (range, size) => {
        await store.put(key, chunksOf(bytes.subarray(0, size)));
        await expect(store.open(key, { range })).rejects.toMatchObject({
          ...problem('range-not-satisfiable'),
          extras: { size },
        });
      });
    });

    describe('put is create-only', () => {
      it('and leaves the first file as it is', async () => {
        await store.put(key, chunksOf(Buffer.from('first')));
        await expect(store.put(key, chunksOf(Buffer.from('second')))).rejects.toMatchObject(problem('file-exists'));
        expect((await read(key)).toString()).toBe('first');
      });

      it('and of two puts at the same time exactly one wins', async () => {
        const bodies = [randomBytes(2 * MB), randomBytes(2 * MB)];
        const outcomes = await Promise.allSettled(bodies.map((body) => store.put(key, chunksOf(body))));
        const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
        expect(outcomes[1 - winner]).toMatchObject({ status: 'rejected', reason: problem('file-exists') });
        expect((await read(key)).equals(bodies[winner]!)).toBe(true);
      });
    });

    describe('put is all or nothing', () => {
      it('shows nothing before it resolves', async () => {
        await store.put(
          key,
          (async function* () {
            yield randomBytes(2 * MB);
            await expectNoFile();
            yield randomBytes(2 * MB);
            await expectNoFile();
          })(),
        );
        expect(await store.size(key)).toBe(4 * MB);
      });

      it('leaves nothing, and a free key, when its source fails', async () => {
        const failure = new Error('the source failed');
        const failing = async function* (): AsyncGenerator<Uint8Array> {
          yield randomBytes(2 * MB);
          throw failure;
        };
        await expect(store.put(key, failing())).rejects.toBe(failure);
        await expectNoFile();
        await vi.waitFor(() => store.put(key, chunksOf(Buffer.from('again'))));
      });

      it('leaves nothing when its source fails behind the last byte announced', async () => {
        const failure = new Error('the source failed');
        const failing = async function* (): AsyncGenerator<Uint8Array> {
          yield Buffer.from('whole');
          throw failure;
        };
        await expect(store.put(key, failing(), { size: 5 })).rejects.toBe(failure);
        await expectNoFile();
      });

      it('stops at once, and leaves nothing, when it is aborted while the source is silent', async () => {
        const abort = new AbortController();
        const reason = new Error('not wanted any more');
        const silent = async function* (): AsyncGenerator<Uint8Array> {
          yield randomBytes(2 * MB);
          setImmediate(() => abort.abort(reason));
          await new Promise(() => undefined);
        };
        await expect(store.put(key, silent(), { signal: abort.signal })).rejects.toBe(reason);
        await expectNoFile();
      });

      it('does not begin when it is aborted already', async () => {
        const body = vi.fn(() => chunksOf(Buffer.from('unread'))[Symbol.asyncIterator]());
        await expect(
          store.put(key, { [Symbol.asyncIterator]: body }, { signal: AbortSignal.abort() }),
        ).rejects.toMatchObject({ name: 'AbortError' });
        await expectNoFile();
      });
    });

    describe('put checks', () => {
      const bytes = Buffer.from('these bytes');

      it('the size announced', async () => {
        for (const size of [bytes.length - 1, bytes.length + 1, 0]) {
          await expect(store.put(key, chunksOf(bytes, 5), { size })).rejects.toMatchObject(problem('incomplete-body'));
        }
        await expectNoFile();
        await vi.waitFor(() => store.put(key, chunksOf(bytes, 5), { size: bytes.length }));
        expect(await read(key)).toEqual(bytes);
      });

      it('the digest announced', async () => {
        const wrong = sha256(Buffer.from('other bytes'));
        await expect(store.put(key, chunksOf(bytes), { sha256: wrong })).rejects.toMatchObject(
          problem('digest-mismatch'),
        );
        await expectNoFile();
        await store.put(key, chunksOf(bytes), { sha256: sha256(bytes), size: bytes.length });
        expect(await read(key)).toEqual(bytes);
      });

      it('the limit, on the bytes that come', async () => {
        const large = zeros(opened.maxBytes + 1);
        await expect(store.put(key, large)).rejects.toMatchObject(problem('payload-too-large'));
        await expectNoFile();
      });

      it('the limit, on the size announced', async () => {
        const size = opened.maxBytes + 1;
        await expect(store.put(key, zeros(size), { size })).rejects.toMatchObject(problem('payload-too-large'));
        await expectNoFile();
      });

      it('and takes a file of exactly the limit', async () => {
        expect(await store.put(key, zeros(opened.maxBytes))).toMatchObject({ size: opened.maxBytes });
      });
    });

    describe('delete', () => {
      it('removes a file, and again changes nothing', async () => {
        await store.put(key, chunksOf(Buffer.from('short-lived')));
        await store.delete(key);
        await expectNoFile();
        await store.delete(key);
      });

      it('leaves the other files of the task alone', async () => {
        const output = `${newOutputPrefix(key.slice(0, 36), 7)}preview`;
        await store.put(key, chunksOf(Buffer.from('source')));
        await store.put(output, chunksOf(Buffer.from('output')));
        await store.delete(output);
        expect((await listAll()).map((file) => file.key)).toEqual([key]);
      });

      it('does not disturb a put for the same task', async () => {
        const keys = Array.from({ length: 50 }, () => newSourceKey(key.slice(0, 36)));
        await Promise.all(
          keys.map(async (other, number) => {
            await store.put(other, chunksOf(Buffer.from(String(number))));
            if (number % 2) await store.delete(other);
          }),
        );
        const kept = keys.filter((_, number) => number % 2 === 0);
        expect((await listAll()).map((file) => file.key).sort()).toEqual(kept.sort());
      });
    });

    describe('list', () => {
      let keys: string[];

      beforeEach(async () => {
        keys = [1, 2, 3].flatMap(() => {
          const taskId = randomUUID();
          const outputs = newOutputPrefix(taskId, 12);
          return [newSourceKey(taskId), newSourceKey(taskId), `${outputs}a`, `${outputs}b-2`, `${outputs}c`];
        });
        await Promise.all(keys.map((each, index) => store.put(each, chunksOf(Buffer.alloc(index)))));
      });

      it('gives every file once, whatever the size of a page, always in the same order', async () => {
        const whole = await listAll();
        expect(whole.map((file) => file.key).sort()).toEqual([...keys].sort());
        for (const { key: listed, size } of whole) expect(size).toBe(keys.indexOf(listed));
        for (const limit of [1, 2, 4, 15]) {
          expect((await listAll({ limit })).map((file) => file.key)).toEqual(whole.map((file) => file.key));
        }
      });

      it('goes on behind a file that was removed', async () => {
        const order = (await listAll()).map((file) => file.key);
        for (const [index, each] of order.entries()) {
          await store.delete(each);
          const { files } = await store.list({ after: each, limit: 1 });
          expect(files.map((file) => file.key)).toEqual(order.slice(index + 1, index + 2));
        }
      });

      it('gives the files of one task', async () => {
        const taskId = keys[0]!.slice(0, 36);
        for (const limit of [2, 1000]) {
          const files = await listAll({ taskId, limit });
          expect(files.map((file) => file.key).sort()).toEqual(keys.slice(0, 5).sort());
        }
        expect(await listAll({ taskId: randomUUID() })).toEqual([]);
      });

      it('gives the files of an age', async () => {
        expect(await listAll({ olderThanSeconds: 3600 })).toEqual([]);
        opened.advance(3700);
        const old = await listAll({ olderThanSeconds: 3600, limit: 4 });
        expect(old.length).toBe(keys.length);
        for (const { ageSeconds } of old) expect(ageSeconds).toBeGreaterThanOrEqual(3600);
        expect(await listAll({ olderThanSeconds: 7200 })).toEqual([]);
      });
    });

    describe('a key outside of the grammar is one without a file', () => {
      const digest = '0123456789abcdef'.repeat(4);
      const task = '0b4ae6f0-9d0c-4bcb-8f0e-2f6a1a6d3c55';
      const nonce = '0123456789abcdef';

      it.each([
        '',
        '.',
        '..',
        '../store.json',
        '../../store',
        '/etc/passwd',
        '__proto__',
        'constructor',
        task,
        `${task}/`,
        `${task}/..`,
        `${task}/__proto__`,
        `${task}/../${task}/source-${nonce}`,
        `${task}//source-${nonce}`,
        `${task}%2fsource-${nonce}`,
        `${task}\\source-${nonce}`,
        `${task}/source-${nonce}/`,
        `${task}/source-${nonce}\n`,
        `${task}/source-${nonce}\0`,
        `${task}/source-${nonce}?x`,
        `${task}/source-${nonce.toUpperCase()}`,
        `${task.toUpperCase()}/source-${nonce}`,
        `${task}/0-${nonce}/preview`,
        `${task}/1-${nonce}`,
        `${task}/1-${nonce}/..`,
        `${task}/1-${nonce}/%2e%2e`,
        `${task}/1-${nonce}/__proto__`,
        `${task}/1-${nonce}/preview.png`,
        `${task}/1-${nonce}/a/b`,
        'pictures',
        'pictures/',
        'pictures/..',
        'pictures/../store.json',
        'pictures/logo',
        `pictures/${digest.slice(1)}`,
        `pictures/${digest}0`,
        `pictures/${digest.toUpperCase()}`,
        `pictures/${digest}/`,
        `pictures/${digest}/a`,
        `pictures/${digest}\n`,
        `/pictures/${digest}`,
        `${task}/pictures/${digest}`,
      ])('%j', async (bad) => {
        const body = vi.fn(() => chunksOf(Buffer.from('unread'))[Symbol.asyncIterator]());
        await expect(store.put(bad, { [Symbol.asyncIterator]: body })).rejects.toMatchObject(problem('file-not-found'));
        expect(body).not.toHaveBeenCalled();
        await expect(store.open(bad)).rejects.toMatchObject(problem('file-not-found'));
        await expect(store.size(bad)).rejects.toMatchObject(problem('file-not-found'));
        await store.delete(bad);
        expect(await listAll()).toEqual([]);
      });
    });

    describe('claim', () => {
      it('makes the store belong to one task store, for good', async () => {
        expect(await store.owner()).toBeNull();
        await store.claim('first');
        await store.claim('first');
        await expect(store.claim('second')).rejects.toMatchObject(problem('store-mismatch'));
        expect(await store.owner()).toBe('first');
      });

      it('lets exactly one of two win', async () => {
        const outcomes = await Promise.allSettled(['first', 'second'].map((id) => store.claim(id)));
        const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
        expect(outcomes[1 - winner]).toMatchObject({ status: 'rejected', reason: problem('store-mismatch') });
        expect(await store.owner()).toBe(['first', 'second'][winner]);
      });
    });
  });
  describePictures(name, open);
}
