/** The injection token of the lease store, which is master. */
export const LEASE_STORE = Symbol('LeaseStore');

/** The injection token of the file store, which is storage. */
export const FILE_STORE = Symbol('FileStore');
