import { createHash, randomBytes } from 'node:crypto';
import {
  newLeaseToken,
  newOutputPrefix,
  newSourceKey,
  type Failure,
  type FileReference,
  type Idempotency,
  type ImageFacts,
  type Lease,
  type LeaseRequest,
  type LeaseStore,
  type NewTask,
  type Task,
} from '#contracts';
import { v7 } from 'uuid';
import { expect } from 'vitest';

export function file(key: string, name: string): FileReference {
  const sha256 = randomBytes(32).toString('hex');
  return { key, size: 1234, type: 'image/png', sha256, name, width: null, height: null };
}

/** A task as master makes it. Each is newer than the one before: its id sorts after all earlier ones. */
export function newTask(chosen: Partial<NewTask> = {}): NewTask {
  const id = chosen.id ?? v7();
  return {
    id,
    owner: 'alice',
    priority: 0,
    recipe: { outputs: { image: { operations: [{ negate: {} }], format: 'same' } } },
    labels: {},
    source: file(newSourceKey(id), 'photo.png'),
    traceContext: null,
    idempotency: null,
    ...chosen,
  };
}

/** An idempotency key for a request that asks for `what`. */
export function idempotency(key: string, what = 'the same picture'): Idempotency {
  return { key, fingerprint: createHash('sha256').update(what).digest('hex') };
}

/** What a worker asks; under a fresh token unless one is chosen. */
export function request(chosen: Partial<LeaseRequest> = {}): LeaseRequest {
  return { worker: 'worker-1', token: newLeaseToken(), waitMs: 0, ...chosen };
}

/** The outputs of a task's current lease, under names of that lease alone. */
export function outputsOf({ id, leaseNumber }: Pick<Task, 'id' | 'leaseNumber'>): FileReference[] {
  return [file(`${newOutputPrefix(id, leaseNumber)}image`, 'image')];
}

export const facts: ImageFacts = {
  dominantColour: '#3465a4',
  thumbhash: '4PcBBYDMUZB+b3NnlJhGjWCIihL1',
  hasAlpha: false,
  camera: 'Apple iPhone 15',
  takenAt: '2024-05-06T07:08:09+02:00',
};

export const transient: Failure = {
  code: 'processing-timeout',
  detail: 'took too long',
  technical: 'timeout: 50% complete',
  permanent: false,
};
export const permanent: Failure = {
  code: 'undecodable',
  detail: 'not a picture',
  technical: null,
  permanent: true,
};

/** Leases the next task, which must be there, and answers it with the token that holds it. */
export async function leaseNext(store: LeaseStore, worker = 'worker-1'): Promise<{ token: string; lease: Lease }> {
  const token = newLeaseToken();
  const lease = await store.next(request({ worker, token }));
  expect(lease, 'a task is available').not.toBeNull();
  return { token, lease: lease! };
}

/** What a rejection with one of our problems looks like. */
export function problem(code: string): unknown {
  return expect.objectContaining({ name: 'Problem', code });
}
