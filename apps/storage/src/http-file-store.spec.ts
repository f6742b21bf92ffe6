import { randomUUID } from 'node:crypto';
import { newSourceKey } from '#contracts';
import { describeFileStore } from '#suites/file-store.suite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { maxBytes, RunningStorage } from '../test/running-storage.js';

describeFileStore('HttpFileStore', async () => {
  const storage = await RunningStorage.start();
  return {
    store: storage.client(),
    maxBytes,
    advance: (seconds) => void (storage.clock.ahead += seconds * 1000),
    close: async () => {
      await vi.waitFor(async () => expect(await storage.tempFiles()).toEqual([]));
      await storage.stop();
    },
  };
});

describe('storage with a token', () => {
  const token = 'a-token-of-sixteen-letters';
  let storage: RunningStorage;

  beforeEach(async () => {
    storage = await RunningStorage.start({ token, host: '127.0.0.1' });
  });

  afterEach(() => storage.stop());

  it('wants it on every route', async () => {
    const stranger = storage.client();
    const key = newSourceKey(randomUUID());
    for (const call of [
      () => stranger.put(key, body()),
      () => stranger.open(key),
      () => stranger.delete(key),
      () => stranger.list(),
      () => stranger.owner(),
      () => stranger.claim('mine now'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'unauthorized' });
    }
    const known = storage.client(token);
    await known.put(key, body());
    expect(await known.size(key)).toBe(6_553_600);
    expect(await known.owner()).toBeNull();
  });
});

async function* body(): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < 100; number++) yield Buffer.alloc(64 * 1024);
}
