import { describeFileStore } from '#suites/file-store.suite';
import { describeTaskStore } from '#suites/task-store.suite';
import { MemoryFileStore } from './memory-file-store.js';
import { MemoryTaskStore } from './memory-task-store.js';

// What stands in for db and storage in master's tests does what they do.

describeTaskStore('MemoryTaskStore', async ({ policy }) => {
  const store = new MemoryTaskStore(policy);
  return {
    store,
    now: () => store.now(),
    advance: (ms) => store.advance(ms),
    waiting: () => store.waiting,
    close: () => undefined,
  };
});

describeFileStore('MemoryFileStore', async () => {
  const maxBytes = 24 * 1024 ** 2;
  const store = new MemoryFileStore({ maxBytes });
  return { store, maxBytes, advance: (seconds) => store.advance(seconds), close: async () => undefined };
});
