import type { TaskStore } from '#contracts';
import { describe } from 'vitest';
import { creating } from './task-store.creating.js';
import { deciding } from './task-store.deciding.js';
import { forTest, type OpenedStore, type OpenStore } from './task-store.harness.js';
import { reading } from './task-store.reading.js';
import { removing } from './task-store.removing.js';
import { statistics } from './task-store.statistics.js';

/** The behaviour of every `TaskStore`, local or remote, beyond what it has to do as a `LeaseStore`. */
export function describeTaskStore(name: string, open: OpenStore<OpenedStore<TaskStore>>): void {
  const opened = forTest(open);
  describe(`${name} as a TaskStore`, () => {
    creating(opened);
    reading(opened);
    deciding(opened);
    removing(opened);
    statistics(opened);
  });
}
