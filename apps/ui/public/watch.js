import { api } from './api.js';
import { polls, uploads } from './gate.js';
import { backoff, pause } from './pause.js';

const finalStates = ['finished', 'failed', 'cancelled'];
const shortestWait = 1;
const longestWait = 20;

/** Whether nothing more happens to a task by itself. */
export function isFinal({ state }) {
  return finalStates.includes(state);
}

/**
 * Follows a task until it is final, by long polls, and tells of every look at it. The service answers a poll early
 * only when the task is final; so polls are short while the task moves (each of its states should be seen) or while
 * others want the connection, and longer the longer nothing happens.
 */
export async function watch(id, { signal, onTask, onTrouble }) {
  let seen = '';
  let wait = shortestWait;
  for (let failures = 0; !signal.aborted;) {
    try {
      const task = await polls.run(() => {
        const seconds = polls.crowded || uploads.busy ? shortestWait : wait;
        return api('GET', `/task/${id}?wait=${seconds}`, signal);
      }, signal);
      if (signal.aborted) return;
      failures = 0;
      onTask(task);
      if (isFinal(task)) return;
      const now = `${task.state} ${task.stage}`;
      wait = now === seen ? Math.min(longestWait, wait * 2) : shortestWait;
      seen = now;
      // Should a service not wait at all, this keeps the page from asking without pause.
      await pause(0.25, signal);
    } catch (failure) {
      if (signal.aborted) return;
      onTrouble(failure);
      if (!failure.passing) return;
      await pause(backoff(++failures, failure), signal);
    }
  }
}
