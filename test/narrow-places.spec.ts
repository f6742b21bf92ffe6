import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { form } from './harness/form.js';
import type { ShownTask } from './harness/master-client.js';
import { png } from './harness/photo.js';
import { System } from './harness/system.js';

describe('the narrow places of the protocol', () => {
  it('a db that is frozen while a task is created: the photo stays, and the client’s retry gets that task', async () => {
    const system = await System.start({ workers: 0 });
    const { client } = system;
    const request = async (): Promise<Response> =>
      client.fetch('/task', {
        method: 'POST',
        body: form({ image: await png() }),
        headers: { 'Idempotency-Key': 'frozen' },
      });
    // A first upload, so that master knows db and storage.
    const first = await client.upload(await png({ seed: 2 }));
    system.process('db').freeze();
    expect((await request()).status).toBe(503);
    expect(await system.storedFiles()).toHaveLength(2);

    system.process('db').thaw();
    const tasks = async (): Promise<{ id: string }[]> =>
      ((await (await client.patiently('/task')).json()) as { tasks: { id: string }[] }).tasks;
    // The create was on its way all the time.
    const [created] = await vi.waitFor(async () => {
      const found = await tasks();
      expect(found).toHaveLength(2);
      return found.filter(({ id }) => id !== first.id);
    });

    const retried = (await (await request()).json()) as ShownTask;
    expect(retried.id).toBe(created!.id);
    expect(await system.storedFiles()).toHaveLength(2);
    await system.launch('worker');
    expect((await client.settled(retried.id)).state).toBe('finished');
  });

  it('the last worker dies and none comes back: db takes the task back by itself', async () => {
    const system = await System.start({ env: { MICRO_RECLAIM_SECONDS: '1', MICRO_WORKER_SLOTS: '1' } });
    const worker = system.process('worker-1');
    const { id } = await system.client.upload(await png({ width: 4000, height: 3000 }));
    await worker.line(/Working on task/);
    await worker.end('SIGKILL');
    await system.process('db').line(/Reclaimed 1 expired lease/);
    const task = (await (await system.client.fetch(`/task/${id}`)).json()) as ShownTask;
    expect(task).toMatchObject({ state: 'queued', leaseNumber: 1, lostLeases: 1, failures: 0 });
  });

  it('an empty db comes to a full storage: it is not served, and no file is removed', async () => {
    const system = await System.start({ workers: 0, env: { MICRO_ORPHAN_SECONDS: '1', MICRO_JANITOR_SECONDS: '1' } });
    await system.client.upload(await png());
    const files = await system.storedFiles();
    await system.process('db').end();
    await rm(join(system.folder, 'db'), { recursive: true });
    await system.launch('db');

    // The master that knew the old db takes the new one for a stranger …
    expect((await system.client.fetch('/queue')).status).toBe(503);
    await system.process('master').line(/set aside: .* answers for store/);
    expect((await system.client.fetch('/queue')).status).toBe(503);
    // … and one that did not finds that storage belongs to another.
    await system.restart('master');
    await system.process('master').line(/store-mismatch/);
    await system.process('master').line(/store-mismatch/, system.process('master').lines.length);
    const refused = await system.client.patiently('/task', { method: 'POST', body: form({ image: await png() }) });
    expect(await refused.json()).toMatchObject({ code: 'store-mismatch' });
    expect(await system.storedFiles()).toEqual(files);
  });
});
