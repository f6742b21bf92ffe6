import { randomUUID } from 'node:crypto';
import type { Attempt, QueueStats } from '#contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BareWorker, outputOf } from './harness/bare-worker.js';
import { CallProxy } from './harness/call-proxy.js';
import { form } from './harness/form.js';
import type { ShownTask } from './harness/master-client.js';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';
import { movableClocks, setClocks } from './harness/wall-clocks.js';

const anHour = 3600;
const all = ['keyvaluestore', 'db', 'storage', 'master', 'worker-1'];

describe('when a clock jumps by an hour', () => {
  // Leases longer than any of these tests: without the jump none would expire.
  const system = System.shared({
    env: {
      ...movableClocks,
      MICRO_LEASE_SECONDS: '60',
      MICRO_RECLAIM_SECONDS: '1',
      MICRO_WORKER_SLOTS: '1',
      MICRO_JANITOR_SECONDS: '1',
      MICRO_ORPHAN_SECONDS: '1800',
      MICRO_RETENTION: '1800s',
    },
  });
  const bare = new BareWorker(() => system().endpointOf('master'));

  async function shown(id: string): Promise<ShownTask> {
    return (await (await system().client.patiently(`/task/${id}`)).json()) as ShownTask;
  }

  async function attemptsOf(id: string): Promise<Attempt[]> {
    return (await system().internal('db', `/task/${id}/attempts`)) as Attempt[];
  }

  async function upload(image: Buffer, idempotencyKey: string): Promise<ShownTask> {
    const init = { method: 'POST', body: form({ image }), headers: { 'Idempotency-Key': idempotencyKey } };
    const response = await system().client.patiently('/task', init);
    expect(response.status).toBe(201);
    return (await response.json()) as ShownTask;
  }

  /** The worker has nothing to do, and a long poll is out. */
  async function idleWorker(): Promise<void> {
    await vi.waitFor(
      () => {
        const said = system()
          .process('worker-1')
          .lines.filter((line) => /Working on|Nothing to do/.test(line));
        expect(said.at(-1)).toMatch(/Nothing to do/);
      },
      { timeout: 20_000 },
    );
  }

  async function expectFinishedOnce({ id }: ShownTask, image: Buffer): Promise<void> {
    const task = await system().client.settled(id);
    expect(task).toMatchObject({ state: 'finished', error: null });
    const result = await system().client.download(task.outputs[0]!.href);
    expect((await pixelsOf(result)).equals(await negatedPixelsOf(image))).toBe(true);
    expect((await system().client.download(task.source.href)).equals(image)).toBe(true);
    const outcomes = (await attemptsOf(id)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'finished')).toHaveLength(1);
    expect(outcomes).not.toContain(null);
  }

  it.each([
    { whose: 'db', direction: 'forwards', names: ['db'], from: 0, to: anHour },
    { whose: 'db', direction: 'backwards', names: ['db'], from: anHour, to: 0 },
    { whose: 'every service', direction: 'forwards', names: all, from: 0, to: anHour },
    { whose: 'every service', direction: 'backwards', names: all, from: anHour, to: 0 },
  ])(
    'the clock of $whose, $direction: all work in every state is done, and its result published once',
    async ({ direction, names, from, to }) => {
      const { client } = system();
      const worker = system().process('worker-1');
      const images = await Promise.all([1, 2, 3, 4, 5].map((seed) => png({ width: 400, height: 300, seed })));
      const [oldImage, runningImage, delayedImage, heldImage, queuedImage] = images as [
        Buffer,
        Buffer,
        Buffer,
        Buffer,
        Buffer,
      ];
      await setClocks(system(), names, from);
      const old = await client.settled((await client.upload(oldImage)).id);

      // One task is leased to a worker that is held up, one waits after two failures, one is leased to a worker that
      // does not renew, one is queued under an idempotency key.
      await idleWorker();
      worker.freeze();
      const running = await client.upload(runningImage);
      await vi.waitFor(async () => expect((await shown(running.id)).state).toBe('running'), { timeout: 20_000 });
      const delayed = await client.upload(delayedImage);
      const failDelayed = async ({ task, token }: Awaited<ReturnType<BareWorker['lease']>>): Promise<void> => {
        expect(task.id).toBe(delayed.id);
        await bare.call(`${task.id}/fail`, { token, code: 'processing-failed', detail: 'a test', permanent: false });
      };
      await failDelayed(await bare.lease());
      const second = await bare.lease();
      const held = await client.upload(heldImage);
      const lease = await bare.lease();
      expect(lease.task.id).toBe(held.id);
      const key = randomUUID();
      const queued = await upload(queuedImage, key);
      const longPoll = client.fetch(`/task/${running.id}?wait=30`);
      await failDelayed(second);
      const queue = (await (await client.fetch('/queue')).json()) as QueueStats;
      expect(queue.running).toBe(2);
      // The delay after a second failure is a second or two.
      expect(queue.queued + queue.delayed).toBe(2);

      const jump = setClocks(system(), names, to);
      // Not in an hour: the leases are over at once, or seem to last longer than any lease can.
      for (const { id } of [running, held]) {
        await vi.waitFor(async () => expect((await attemptsOf(id))[0]!.outcome).toBe('lease-lost'), {
          timeout: 20_000,
        });
      }
      worker.thaw();
      await jump;
      const outputs = [outputOf(lease.task)];
      expect(await bare.call(`${held.id}/finish`, { token: lease.token, outputs })).toMatchObject({
        status: 409,
        body: { code: 'lease-lost' },
      });

      await expectFinishedOnce(running, runningImage);
      await expectFinishedOnce(delayed, delayedImage);
      await expectFinishedOnce(held, heldImage);
      await expectFinishedOnce(queued, queuedImage);
      const answered = await longPoll;
      expect(answered.status).toBe(200);
      expect(await answered.json()).toMatchObject({ state: 'finished' });
      expect((await upload(queuedImage, key)).id).toBe(queued.id);
      expect(await (await client.fetch('/queue')).json()).toMatchObject({ backlog: 0, failed: 0 });
      // Only what is final may seem to be older than it is.
      if (direction === 'forwards') {
        await vi.waitFor(async () => expect((await client.patiently(`/task/${old.id}`)).status).toBe(404), {
          timeout: 20_000,
        });
      } else {
        await expectFinishedOnce(old, oldImage);
      }
    },
  );

  it('a photo that is stored and has no task yet is taken for an orphan: its client is told, and sends it again', async () => {
    const image = await png({ seed: 6 });
    await setClocks(system(), all, 0);
    const before = await system().storedFiles();
    const proxy = await CallProxy.start(() => system().endpointOf('db'));
    onTestFinished(() => proxy.stop());
    const second = await system().launch('master', 'master-2', { MICRO_DB_ENDPOINT: proxy.endpoint });
    onTestFinished(() => second.end('SIGTERM').then(() => undefined));
    const [, port] = await second.line(/is listening on (\d+)/);
    const broken = proxy.breakOff({ moment: 'call', call: /^POST \/task$/ }, async () => {
      const stored = (await system().storedFiles()).filter((file) => !before.includes(file));
      expect(stored).toHaveLength(1);
      await setClocks(system(), [...all, 'master-2'], anHour);
      await vi.waitFor(async () => expect(await system().storedFiles()).not.toContain(stored[0]), { timeout: 20_000 });
    });
    const init = { method: 'POST', body: form({ image }), headers: { 'Idempotency-Key': 'stored, and no task' } };
    const refused = await fetch(`http://127.0.0.1:${port}/task`, init);
    await broken;
    expect(refused.status).toBe(410);
    expect(await refused.json()).toMatchObject({ code: 'task-gone' });

    await expectFinishedOnce(await upload(image, 'stored, and no task'), image);
  });

  it('backwards, who was at the rate limit is served again a second later', async () => {
    const { client } = system();
    await setClocks(system(), all, anHour);
    const flooded = Promise.withResolvers<void>();
    const over = new AbortController();
    const flood = (async () => {
      while (!over.signal.aborted) {
        const statuses = await Promise.all(
          Array.from({ length: 120 }, async () => {
            const response = await client.fetch('/recipes');
            await response.arrayBuffer();
            return response.status;
          }),
        );
        if (statuses.includes(429)) flooded.resolve();
      }
    })();
    await flooded.promise;
    await setClocks(system(), all, 0);
    over.abort();
    await flood;
    await vi.waitFor(async () => expect((await client.fetch('/recipes')).status).toBe(200), { timeout: 20_000 });
  });
});
