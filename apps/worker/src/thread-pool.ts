import { availableParallelism } from 'node:os';

/** Threads for files and names beside one a picture: with the default of four, busy pictures would starve the leases' renewals. */
const spareThreads = 8;

// Read by libuv when the first job comes to its pool, so it must be set before anything else is loaded.
const slots = Number(process.env.MICRO_WORKER_SLOTS) || availableParallelism();
process.env.UV_THREADPOOL_SIZE ??= String(slots + spareThreads);
