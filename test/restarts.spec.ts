import { newLeaseToken, type ServiceName } from '#contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BareWorker } from './harness/bare-worker.js';
import { CallProxy } from './harness/call-proxy.js';
import { form } from './harness/form.js';
import { MasterClient, type ShownTask } from './harness/master-client.js';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';

/** Every photo is there, processed once, as it should be. */
async function expectAllProcessed(system: System, uploads: { task: ShownTask; image: Buffer }[]): Promise<ShownTask[]> {
  const settled: ShownTask[] = [];
  for (const { task, image } of uploads) {
    const finished = await system.client.settled(task.id);
    expect(finished.state).toBe('finished');
    const result = await system.client.download(finished.outputs[0]!.href);
    expect((await pixelsOf(result)).equals(await negatedPixelsOf(image))).toBe(true);
    settled.push(finished);
  }
  return settled;
}

async function photos(count: number, size = { width: 500, height: 400 }): Promise<Buffer[]> {
  return Promise.all(Array.from({ length: count }, (_unused, seed) => png({ ...size, seed })));
}

describe('nothing is lost', () => {
  it.each<ServiceName>(['db', 'storage', 'keyvaluestore', 'master'])(
    'when %s is killed and comes back in the middle of the work',
    async (service) => {
      const system = await System.start();
      const images = await photos(16);
      const uploads: { task: ShownTask; image: Buffer }[] = [];
      let restarted: Promise<void> | undefined;
      for (const image of images) {
        uploads.push({ image, task: await system.client.upload(image) });
        if (uploads.length === 6) restarted = system.restart(service);
      }
      await restarted;
      await expectAllProcessed(system, uploads);
      const queue = await (await system.client.patiently('/queue')).json();
      expect(queue).toMatchObject({ backlog: 0, finished: images.length, failed: 0 });
    },
  );

  it('when a worker is killed, and the next one has to wait for its leases', async () => {
    const system = await System.start({ env: { MICRO_WORKER_SLOTS: '2' } });
    const images = await photos(12);
    const uploads = await Promise.all(
      images.map(async (image) => ({ image, task: await system.client.upload(image) })),
    );
    await system.process('worker-1').line(/Working on task/);
    await system.process('worker-1').end('SIGKILL');
    await system.launch('worker', 'worker-2');
    await expectAllProcessed(system, uploads);
  });

  it('when a second worker joins and leaves in the middle of 20 tasks', async () => {
    const system = await System.start();
    const images = await photos(20, { width: 1200, height: 900 });
    const upload = async (image: Buffer): Promise<{ image: Buffer; task: ShownTask }> => ({
      image,
      task: await system.client.upload(image),
    });
    const before = await Promise.all(images.slice(0, 10).map(upload));
    const second = await system.launch('worker', 'worker-2');
    // Also when all of them are done by now: of the next ones, each worker that waits is given its share.
    const after = await Promise.all(images.slice(10).map(upload));
    await second.line(/Working on task/);
    expect(await second.end('SIGTERM')).toBe(0);
    const settled = await expectAllProcessed(system, [...before, ...after]);
    // A worker that is told to stop finishes or gives back what it has: no lease ran out.
    expect(settled.filter(({ lostLeases, failures }) => lostLeases + failures > 0)).toEqual([]);
  });

  it('when everything is killed at once and started again', async () => {
    const system = await System.start({ workers: 0 });
    const images = await photos(4);
    const uploads = await Promise.all(
      images.map(async (image) => ({ image, task: await system.client.upload(image) })),
    );
    await Promise.all(['master', 'storage', 'db', 'keyvaluestore'].map((name) => system.process(name).end('SIGKILL')));
    for (const service of ['master', 'storage', 'db'] as const) {
      // In the wrong order, and without a registry: each waits for what it needs, and says so.
      void system.launch(service).catch(() => undefined);
      await system.process(service).line(/Waiting for the registry/);
    }
    await system.launch('keyvaluestore');
    await system.launch('worker');
    await expectAllProcessed(system, uploads);
  });
});

describe('a master that is told to stop', () => {
  const graceSeconds = 60;

  it('answers all who wait, and ends long before its grace time', async () => {
    const system = await System.start({ workers: 0 });
    const proxy = await CallProxy.start(() => system.process('db').endpoint());
    onTestFinished(() => proxy.stop());
    const master = await system.launch('master', 'stopping', {
      MICRO_DB_ENDPOINT: proxy.endpoint,
      MICRO_GRACE_SECONDS: String(graceSeconds),
    });
    const client = new MasterClient(() => master.endpoint());
    const bare = new BareWorker(() => master.endpoint());
    const image = await png();
    const { id } = await client.upload(image);
    expect((await bare.lease()).task.id).toBe(id);

    const look = proxy.hold(/^GET .*waitMs/);
    const looked = client.fetch(`/task/${id}?wait=30`);
    await look.arrival;
    const preference = proxy.hold(/^GET .*waitMs/);
    const headers = { Prefer: 'wait=30' };
    const uploaded = client.fetch('/task', { method: 'POST', body: form({ image }), headers });
    await preference.arrival;
    await bare.lease();
    const poll = proxy.hold(/^POST \/task\/next/);
    const polled = bare.next(newLeaseToken(), 30_000);
    await poll.arrival;
    const worker = await system.launch('worker', 'worker', { MICRO_MASTER_ENDPOINT: await master.endpoint() });
    await worker.line(/Nothing to do/);

    const began = performance.now();
    expect(await master.end('SIGTERM')).toBe(0);

    expect((performance.now() - began) / 1000).toBeLessThan(graceSeconds / 2);
    expect(await (await looked).json()).toMatchObject({ id, state: 'running' });
    const answer = await uploaded;
    expect(answer.status).toBe(201);
    const task = (await answer.json()) as ShownTask & { href: string };
    expect(task.state).toBe('running');
    expect(answer.headers.get('Location')).toBe(task.href);
    expect(await polled).toEqual({ status: 204, body: null });
  });
});
