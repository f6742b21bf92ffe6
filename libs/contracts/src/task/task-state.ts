/** The states of a task; see `doc/task-states.md`. */
export const taskStates = ['queued', 'running', 'finished', 'failed', 'cancelled'] as const;
export type TaskState = (typeof taskStates)[number];

/** States in which nothing happens any more unless a client retries or deletes the task. */
export function isFinal(state: TaskState): boolean {
  return state === 'finished' || state === 'failed' || state === 'cancelled';
}
