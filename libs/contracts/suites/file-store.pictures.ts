import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { newSourceKey, pictureKey, type FileStore } from '#contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunksOf, problem, sha256, type OpenFileStore } from './file-store.fixtures.js';

/** What every `FileStore` must do with the pictures that recipes draw. */
export function describePictures(name: string, open: () => Promise<OpenFileStore>): void {
  describe(`${name}: a picture`, () => {
    const bytes = Buffer.from('a picture');
    const picture = pictureKey(sha256(bytes));
    let opened: OpenFileStore;
    let store: FileStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });

    afterEach(() => opened.close());

    const read = async (): Promise<Buffer> => buffer((await store.open(picture)).stream);

    it('is kept under the digest of its bytes', async () => {
      expect(await store.put(picture, chunksOf(bytes, 4))).toEqual({
        key: picture,
        size: bytes.length,
        sha256: sha256(bytes),
      });
      expect(await read()).toEqual(bytes);
      expect(await store.size(picture)).toBe(bytes.length);
      await expect(store.put(picture, chunksOf(bytes))).rejects.toMatchObject(problem('file-exists'));
      await store.delete(picture);
      await expect(store.size(picture)).rejects.toMatchObject(problem('file-not-found'));
      await store.delete(picture);
    });

    it('can have no other bytes, whatever is announced', async () => {
      const other = Buffer.from('another');
      for (const digest of [undefined, sha256(bytes), sha256(other)]) {
        const put = store.put(picture, chunksOf(other), { sha256: digest });
        await expect(put).rejects.toMatchObject(problem('digest-mismatch'));
      }
      await expect(store.size(picture)).rejects.toMatchObject(problem('file-not-found'));
    });

    it('is stored by one of several who bring it at the same time', async () => {
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => store.put(picture, chunksOf(bytes))));
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      expect(refused).toHaveLength(2);
      for (const outcome of refused) expect(outcome).toMatchObject({ reason: problem('file-exists') });
      expect(await read()).toEqual(bytes);
    });

    it('is not among the files of tasks, which are cleaned up by their list', async () => {
      const keys = Array.from({ length: 5 }, () => newSourceKey(randomUUID()));
      for (const key of [...keys, picture]) await store.put(key, chunksOf(bytes));
      opened.advance(1_000_000);
      for (const query of [{}, { olderThanSeconds: 999_999 }]) {
        const { files, next } = await store.list(query);
        expect(files.map(({ key }) => key).sort()).toEqual([...keys].sort());
        expect(next).toBeNull();
      }
      const listed: string[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page = await store.list({ limit: 1, after });
        listed.push(...page.files.map(({ key }) => key));
        after = page.next;
      }
      expect(listed.sort()).toEqual([...keys].sort());
    });
  });
}
