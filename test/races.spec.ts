import type { Attempt, Task } from '#contracts';
import { describe, expect, it, vi } from 'vitest';
import { CallProxy } from './harness/call-proxy.js';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';
import { allTasks, unneededFiles } from './harness/unneeded-files.js';
import { SeededRandom } from './thrash/seeded-random.js';

const size = { width: 60, height: 40 };

function change(system: System, path: string, method = 'POST'): Promise<Response> {
  return system.client.fetch(`/task/${path}`, { method });
}

/** The task is finished, once, and its result is the right one. */
async function expectProcessed(system: System, id: string, image: Buffer): Promise<void> {
  const finished = await system.client.settled(id);
  expect(finished.state).toBe('finished');
  const result = await system.client.download(finished.outputs[0]!.href);
  expect((await pixelsOf(result)).equals(await negatedPixelsOf(image))).toBe(true);
}

describe('a retry in the moment in which retention deletes the task', () => {
  it('either comes first, and the task is processed with all its files, or finds no task', async () => {
    const system = await System.start({ workers: 0, env: { MICRO_RATE_LIMIT: '0' } });
    const { client } = system;
    const proxy = await CallProxy.start(() => system.process('db').endpoint());
    const image = await png(size);
    const [won, lost] = [new Set<string>(), new Set<string>()];
    const env = { MICRO_RETENTION: '1s', MICRO_DB_ENDPOINT: proxy.endpoint };
    const retention = await system.launch('master', 'retention', env);
    for (let round = 0; round < 3; round++) {
      const tasks = await Promise.all(Array.from({ length: 20 }, () => client.upload(image)));
      const deletion = proxy.hold(/^DELETE \/task\//);
      await Promise.all(tasks.map(({ id }) => change(system, `${id}/cancel`)));
      // Retention has seen them all. One deletion is held until the retries are through, the others race with them.
      await deletion.arrival;
      await Promise.all(
        tasks.map(async ({ id }) => {
          const { status } = await change(system, `${id}/retry`);
          expect([200, 404]).toContain(status);
          (status === 200 ? won : lost).add(id);
        }),
      );
      expect(await deletion.passOn()).toBe(409);
    }

    // Retention removes a task first, and then its files.
    await vi.waitFor(async () => expect(await unneededFiles(system)).toEqual([]), { timeout: 20_000 });
    await retention.end('SIGTERM');
    proxy.stop();
    const kept = await allTasks(system);
    expect(kept.filter(({ state }) => state !== 'queued')).toEqual([]);
    expect(new Set(kept.map(({ id }) => id))).toEqual(won);
    await system.launch('worker');
    for (const id of won) await expectProcessed(system, id, image);
    for (const id of lost) expect((await client.fetch(`/task/${id}`)).status).toBe(404);
    expect(await unneededFiles(system)).toEqual([]);
  });
});

describe('cancel, retry and delete in the moment in which a worker finishes', () => {
  type Action = 'cancel' | 'retry' | 'delete';
  /** What each may be answered; with which problem, if it is one. */
  const answers: Record<Action, Record<number, string | undefined>> = {
    cancel: { 200: undefined, 404: 'task-not-found', 409: 'wrong-state' },
    retry: { 200: undefined, 404: 'task-not-found', 409: 'wrong-state' },
    delete: { 204: undefined, 404: 'task-not-found' },
  };
  const actions: Action[] = ['cancel', 'retry', 'delete'];

  it('leave each task in one state, with the files of that state and no others', async () => {
    const random = new SeededRandom(8);
    const system = await System.start({
      env: {
        MICRO_RATE_LIMIT: '0',
        MICRO_WORKER_SLOTS: '2',
        MICRO_ORPHAN_SECONDS: '1',
        MICRO_JANITOR_SECONDS: '1',
      },
    });
    const { client } = system;
    const images = await Promise.all([1, 2, 3, 4].map((seed) => png({ ...size, seed })));
    const uploads = new Map<string, Buffer>();
    const deleted = new Set<string>();
    const seen = new Map<string, number>();

    const act = async (id: string, action: Action): Promise<void> => {
      const response = await (action === 'delete' ? change(system, id, 'DELETE') : change(system, `${id}/${action}`));
      expect(Object.keys(answers[action]).map(Number), action).toContain(response.status);
      const code = answers[action][response.status];
      if (code) expect(await response.json()).toMatchObject({ code });
      if (response.status === 204) deleted.add(id);
      const answer = `${action} ${response.status}`;
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    };
    const upload = async (): Promise<void> => {
      const image = random.pick(images);
      const { id } = await client.upload(image);
      uploads.set(id, image);
      // Some way into its work, or at its end.
      for (let looks = random.between(0, 12); looks > 0; looks--) await client.fetch(`/task/${id}`);
      const first = random.pick(actions);
      await Promise.all([act(id, first), act(id, random.pick(actions))]);
      if (random.next() < 0.5) await act(id, 'retry');
    };
    const met = (): boolean =>
      ['cancel 200', 'cancel 409', 'retry 200', 'retry 409', 'delete 204'].every((answer) => seen.has(answer)) &&
      system.logs('worker-1').some((line) => line.includes('is given up'));
    while (uploads.size < 48 || !met()) await Promise.all(Array.from({ length: 6 }, upload));

    let processed = 0;
    for (const [id, image] of uploads) {
      const response = await client.patiently(`/task/${id}?wait=20`);
      expect(response.status, id).toBe(deleted.has(id) ? 404 : 200);
      if (deleted.has(id)) continue;
      const attempts = (await system.internal('db', `/task/${id}/attempts`)) as Attempt[];
      expect(attempts.filter(({ outcome }) => outcome === null)).toEqual([]);
      const task = (await system.internal('db', `/task/${id}`)) as Task;
      if (task.state === 'finished') {
        await expectProcessed(system, id, image);
        processed++;
      } else {
        expect(task).toMatchObject({ state: 'cancelled', outputs: [] });
        expect((await client.fetch(`/task/${id}/download`)).status).toBe(409);
      }
      const finishes = attempts.filter(({ outcome }) => outcome === 'finished');
      expect(finishes).toHaveLength(task.state === 'finished' ? 1 : 0);
      expect((await client.download(`/task/${id}/source`)).equals(image)).toBe(true);
    }
    expect(processed).toBeGreaterThan(0);
    await vi.waitFor(async () => expect(await unneededFiles(system)).toEqual([]), { timeout: 20_000, interval: 100 });
  });
});
