import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { MemoryTaskStore } from '../../test/memory-task-store.js';
import { Pairing } from './pairing.js';

describe('Pairing', () => {
  let tasks: MemoryTaskStore;
  let files: MemoryFileStore;

  beforeEach(() => {
    tasks = new MemoryTaskStore();
    files = new MemoryFileStore();
  });

  it('claims a new storage for its db, as often as it is asked', async () => {
    const pairing = new Pairing(tasks, files);
    await pairing.check();
    await pairing.check();

    expect(await files.owner()).toBe(await tasks.storeId());
  });

  it('refuses a storage that belongs to another db', async () => {
    await files.claim('another db');

    await expect(new Pairing(tasks, files).check()).rejects.toMatchObject({ code: 'store-mismatch' });
    await expect(new Pairing(tasks, files).ensure()).rejects.toMatchObject({ code: 'store-mismatch' });
    expect(await files.owner()).toBe('another db');
  });

  it('asks no more, for uploads, once it is sure', async () => {
    const asked = vi.spyOn(tasks, 'storeId');
    const pairing = new Pairing(tasks, files);
    for (let upload = 0; upload < 3; upload++) await pairing.ensure();

    expect(asked).toHaveBeenCalledTimes(1);
  });
});
