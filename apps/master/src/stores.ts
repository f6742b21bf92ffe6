/** The injection token of the task store, which is db. */
export const TASK_STORE = Symbol('TaskStore');

/** The injection token of the file store, which is storage. */
export const FILE_STORE = Symbol('FileStore');
