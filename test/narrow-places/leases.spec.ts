import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, Task } from '#contracts';
import { newLeaseToken } from '#contracts';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BareWorker, outputOf } from '../harness/bare-worker.js';
import { CallProxy } from '../harness/call-proxy.js';
import { MasterClient } from '../harness/master-client.js';
import { negatedPixelsOf, pixelsOf, png } from '../harness/photo.js';
import { System } from '../harness/system.js';
import { unneededFiles } from '../harness/unneeded-files.js';

const system = System.shared({
  workers: 0,
  env: {
    MICRO_WORKER_SLOTS: '1',
    MICRO_RECLAIM_SECONDS: '1',
    MICRO_ORPHAN_SECONDS: '1',
    MICRO_JANITOR_SECONDS: '1',
  },
});
const proxy = await CallProxy.start(masterEndpoint);
const client = new MasterClient(masterEndpoint);
const worker = new BareWorker(masterEndpoint);
afterAll(() => proxy.stop());

function masterEndpoint(): Promise<string> {
  return system().process('master').endpoint();
}

const leaseLost = { status: 409, body: { code: 'lease-lost' } };
const throughProxy = { MICRO_MASTER_ENDPOINT: proxy.endpoint };
const next = /^POST \/task\/next$/;
const finish = /^POST \/task\/[^/]+\/finish$/;

/** A task and its attempts, as db keeps them. */
async function kept(id: string): Promise<{ task: Task; attempts: Attempt[] }> {
  return {
    task: (await system().internal('db', `/task/${id}`)) as Task,
    attempts: (await system().internal('db', `/task/${id}/attempts`)) as Attempt[],
  };
}

/** Waits until a lease has expired and was taken back. */
async function untilReclaimed(id: string): Promise<void> {
  const isQueued = async (): Promise<void> => expect((await kept(id)).task.state).toBe('queued');
  await vi.waitFor(isQueued, { timeout: 20_000, interval: 100 });
}

describe('when the answer to next is lost', () => {
  it('the same token brings the same lease, and no other', async () => {
    const { id } = await client.upload(await png());
    const { id: other } = await client.upload(await png({ seed: 2 }));
    const token = newLeaseToken();
    const lost = proxy.breakOff({ moment: 'answer', call: next });
    await expect(new BareWorker(() => Promise.resolve(proxy.endpoint)).next(token)).rejects.toThrow('fetch failed');
    await lost;
    const leased = await kept(id);
    expect(leased.task).toMatchObject({ state: 'running', leaseNumber: 1 });

    for (let time = 0; time < 3; time++) {
      expect(await worker.next(token)).toEqual({ status: 200, body: { task: leased.task, expiresInMs: 3000 } });
    }

    expect(await kept(id)).toEqual(leased);
    expect((await kept(other)).task.state).toBe('queued');
    expect(await worker.call(`${id}/release`, { token })).toMatchObject({ status: 200 });
    for (const task of [id, other]) await client.fetch(`/task/${task}`, { method: 'DELETE' });
  });

  it('a worker asks again, and does the work under that very lease', async () => {
    const lost = proxy.breakOff({ moment: 'answer', call: next });
    const running = await system().launch('worker', 'worker', throughProxy);
    const { id } = await client.upload(await png());
    await lost;

    expect(await client.settled(id)).toMatchObject({ state: 'finished', leaseNumber: 1, lostLeases: 0 });

    expect((await kept(id)).attempts).toMatchObject([{ leaseNumber: 1, outcome: 'finished' }]);
    await running.end('SIGTERM');
  });
});

describe('when db stands still for longer than a lease', () => {
  it('no lease runs meanwhile: its worker is not to blame', async () => {
    await client.upload(await png());
    const { task, token } = await worker.lease();
    const db = system().process('db');
    db.freeze();
    await sleep(4_000);
    db.thaw();

    expect(await worker.call('reclaim')).toEqual({ status: 200, body: { reclaimed: 0 } });

    expect((await kept(task.id)).task).toMatchObject({ state: 'running', leaseNumber: 1 });
    expect(await worker.call(`${task.id}/renew`, { token })).toMatchObject({ status: 200 });
    expect(await worker.call(`${task.id}/release`, { token })).toMatchObject({ status: 200 });
    await client.fetch(`/task/${task.id}`, { method: 'DELETE' });
  });
});

describe('a call that settled a lease and is repeated', () => {
  type Call = [route: 'release' | 'fail' | 'finish', body: (task: Task) => object];
  const failure = { code: 'processing-failed', detail: 'bad luck', permanent: false };
  const release: Call = ['release', () => ({})];
  const retryable: Call = ['fail', () => failure];
  const permanent: Call = ['fail', () => ({ ...failure, permanent: true })];
  const finishing: Call = ['finish', (task) => ({ outputs: [outputOf(task)] })];

  it.each([
    ['release', release],
    ['fail, to be tried again', retryable],
    ['fail, for good', permanent],
    ['finish', finishing],
  ])('answers as the first time, and changes nothing: %s', async (_name, [route, body]) => {
    await client.upload(await png());
    const { task, token } = await worker.lease();
    const request = { token, ...body(task) };
    const first = await worker.call(`${task.id}/${route}`, request);
    expect(first.status).toBe(200);
    const settled = await kept(task.id);

    for (let time = 0; time < 2; time++) expect(await worker.call(`${task.id}/${route}`, request)).toEqual(first);

    expect(await kept(task.id)).toEqual(settled);
    // Another call under this token, and this one under another token, are no repetitions.
    for (const [other, otherBody] of [release, retryable, finishing]) {
      const strange = { ...otherBody(task), token: other === route ? newLeaseToken() : token };
      expect(await worker.call(`${task.id}/${other}`, strange), other).toMatchObject(leaseLost);
    }
    expect(await kept(task.id)).toEqual(settled);
    await client.fetch(`/task/${task.id}`, { method: 'DELETE' });
  });

  it.each([
    ['release', release],
    ['fail', retryable],
  ])('changes nothing either when another worker has the task by then: %s', async (_name, [route, body]) => {
    await client.upload(await png());
    const { task, token } = await worker.lease();
    const request = { token, ...body(task) };
    const first = await worker.call(`${task.id}/${route}`, request);
    const other = await worker.lease();
    expect(other.task).toMatchObject({ id: task.id, leaseNumber: 2 });
    const leased = await kept(task.id);

    expect(await worker.call(`${task.id}/${route}`, request)).toEqual(first);
    expect(await worker.call(`${task.id}/finish`, { token, outputs: [outputOf(task)] })).toMatchObject(leaseLost);
    expect(await worker.call(`${task.id}/renew`, { token })).toMatchObject(leaseLost);
    expect(await worker.next(token)).toMatchObject(leaseLost);

    expect(await kept(task.id)).toEqual(leased);
    const finished = { token: other.token, outputs: [outputOf(other.task)] };
    expect(await worker.call(`${task.id}/finish`, finished)).toEqual({ status: 200, body: { state: 'finished' } });
    await client.fetch(`/task/${task.id}`, { method: 'DELETE' });
  });

  it('is refused, and changes nothing, when the lease was lost before it came', async () => {
    await client.upload(await png());
    const { task, token } = await worker.lease();
    await untilReclaimed(task.id);
    const other = await worker.lease();
    expect(other.task).toMatchObject({ id: task.id, leaseNumber: 2, lostLeases: 1 });
    const leased = await kept(task.id);

    for (const [route, body] of [release, retryable, permanent, finishing]) {
      for (let time = 0; time < 2; time++) {
        expect(await worker.call(`${task.id}/${route}`, { token, ...body(task) }), route).toMatchObject(leaseLost);
      }
    }

    expect(await kept(task.id)).toEqual(leased);
    await client.fetch(`/task/${task.id}`, { method: 'DELETE' });
  });
});

describe('when a worker is suspended for longer than its lease', () => {
  it('between its output and its finish: another one’s result stands, and its own is refused and removed', async () => {
    const stale = await system().launch('worker', 'stale', throughProxy);
    const image = await png();
    const late = proxy.hold(finish);
    const { id } = await client.upload(image);
    await late.arrival;
    stale.freeze();
    const files = (await system().storedFiles()).filter((path) => path.includes(id)).sort();
    expect(files.map((path) => path.split(`${id}/`)[1])).toEqual([
      expect.stringMatching(/^1-/),
      expect.stringMatching(/^source-/),
    ]);
    const fresh = await system().launch('worker', 'fresh');
    const finished = await client.settled(id);
    expect(finished).toMatchObject({ state: 'finished', leaseNumber: 2, lostLeases: 1 });
    const published = await kept(id);

    // The finish was on its way all the time.
    expect(await late.passOn()).toBe(409);
    stale.thaw();
    await stale.line(new RegExp(`Task ${id} is given up`));
    expect(await kept(id)).toEqual(published);
    const result = await client.download(finished.outputs[0]!.href);
    expect((await pixelsOf(result)).equals(await negatedPixelsOf(image))).toBe(true);
    await vi.waitFor(async () => expect(await unneededFiles(system())).toEqual([]), { timeout: 20_000, interval: 100 });
    await Promise.all([stale.end('SIGTERM'), fresh.end('SIGTERM')]);
  });
});

describe('when the last worker dies and none comes back', () => {
  it('db takes the task back by itself', async () => {
    const last = await system().launch('worker');
    const { id } = await client.upload(await png({ width: 4000, height: 3000 }));
    await last.line(new RegExp(`Working on task ${id}`));
    await last.end('SIGKILL');
    await untilReclaimed(id);
    expect((await kept(id)).task).toMatchObject({ leaseNumber: 1, lostLeases: 1, failures: 0 });
    expect(system().logs('db').join()).toMatch(/Reclaimed 1 expired lease/);
  });
});
