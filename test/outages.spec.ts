import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, ServiceName } from '#contracts';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Crowd } from './harness/crowd.js';
import { form } from './harness/form.js';
import { MasterClient, type ShownTask } from './harness/master-client.js';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

const leaseSeconds = 2;
const slots = 3;
/** `OUTAGE_SECONDS=120 npx vitest run --project e2e test/outages.spec.ts` makes minutes of it. */
const outageSeconds = Number(process.env.OUTAGE_SECONDS ?? 2.5 * leaseSeconds);
/** For so long master tries to make the task of an upload, and a little more. */
const createSeconds = 10;
/** A caller asks so many endpoints, or one so often, before it gives a call up. */
const triesOfACall = 3;
const timeout = 90_000 + 2_000 * outageSeconds;

/** How many tries with pauses of 0.2, 0.4, … and at last of 5 seconds fit into a time. */
function growing(seconds: number): number {
  return 7 + seconds / 5;
}

async function expectAway(response: Response, what: string): Promise<void> {
  expect(response.status, what).toBe(503);
  expect(response.headers.get('Retry-After'), what).toBe('1');
  expect(await response.json(), what).toMatchObject({ code: 'service-unavailable' });
}

describe('while a service is away for longer than any lease', () => {
  const system = System.shared({
    env: {
      MICRO_LEASE_SECONDS: String(leaseSeconds),
      MICRO_RECLAIM_SECONDS: '1',
      MICRO_WORKER_SLOTS: String(slots),
      MICRO_LOG_LEVEL: 'debug',
    },
  });
  const everybody = ['keyvaluestore', 'db', 'storage', 'master', 'worker-1', 'ui'];
  let image: Buffer;
  let expected: Buffer;

  beforeAll(async () => {
    await system().launch('ui');
    image = await png({ width: 1600, height: 1200 });
    expected = await sharp(image).median(15).raw().toBuffer();
  });

  /** A client that needs no registry. */
  async function clientOf(name: string): Promise<MasterClient> {
    const endpoint = await system().process(name).endpoint();
    return new MasterClient(() => Promise.resolve(endpoint));
  }

  /** Photos that come and go until the test is over. */
  async function traffic(client = system().client): Promise<Traffic> {
    const begun = await Traffic.start(client);
    onTestFinished(() => begun.stop().then(() => undefined));
    return begun;
  }

  /** A photo that the worker has downloaded and is at work on. */
  async function workInProgress(): Promise<ShownTask> {
    const recipe = { outputs: { image: { operations: [{ median: { size: 15 } }], format: 'png' } } };
    const task = await system().client.upload(image, { recipe: JSON.stringify(recipe) });
    await system()
      .process('storage')
      .line(new RegExp(`"GET","url":"/files/${task.id}/.*request completed`));
    return task;
  }

  /**
   * Takes services away for the time of an outage, in which `meanwhile` is done over and over after `atOnce`, and
   * brings them back.
   * @returns for how many seconds they were away
   */
  async function outage(
    names: ServiceName[],
    meanwhile: () => Promise<void>,
    atOnce?: () => Promise<void>,
  ): Promise<number> {
    const others = everybody.filter((name) => !(names as string[]).includes(name));
    const pids = others.map((name) => system().process(name).pid);
    await Promise.all(names.map((name) => system().process(name).end('SIGKILL')));
    const began = performance.now();
    await atOnce?.();
    do {
      await meanwhile();
      await sleep(100);
    } while (performance.now() < began + outageSeconds * 1000);
    // The registry last: whoever comes back before it waits for it.
    const launches = names.filter((name) => name !== 'keyvaluestore').map((name) => system().launch(name));
    if (names.includes('keyvaluestore')) await system().launch('keyvaluestore');
    await Promise.all(launches);
    for (const name of others) expect(system().process(name).hasEnded, name).toBe(false);
    expect(others.map((name) => system().process(name).pid)).toEqual(pids);
    return (performance.now() - began) / 1000;
  }

  async function attemptsOf(id: string): Promise<Attempt[]> {
    return (await system().internal('db', `/task/${id}/attempts`)) as Attempt[];
  }

  async function expectFinishedOnce(id: string, pixels: Buffer): Promise<ShownTask> {
    const task = await system().client.settled(id);
    expect(task).toMatchObject({ state: 'finished', error: null });
    for (const { href } of task.outputs) {
      expect((await pixelsOf(await system().client.download(href))).equals(pixels)).toBe(true);
    }
    const outcomes = (await attemptsOf(id)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'finished')).toHaveLength(1);
    expect(outcomes).not.toContain(null);
    return task;
  }

  /** Everything that was sent is done, once and well, and nothing is left. */
  async function expectAllDone(begun: Traffic, work: ShownTask): Promise<ShownTask> {
    for (const sent of await begun.stop()) await expectFinishedOnce(sent.task.id, await negatedPixelsOf(sent.image));
    const done = await expectFinishedOnce(work.id, expected);
    expect(await (await system().client.patiently('/queue')).json()).toMatchObject({ backlog: 0, failed: 0 });
    return done;
  }

  /** How often lines of a process match, from line `from` on. */
  function count(name: string, pattern: RegExp, from: number): number {
    return system()
      .process(name)
      .lines.slice(from)
      .filter((line) => pattern.test(line)).length;
  }

  it('the registry: nobody sees anything of it', { timeout }, async () => {
    const client = await clientOf('master');
    const ui = await clientOf('ui');
    const begun = await traffic(client);
    const finished = await client.settled((await client.upload(await png())).id);
    const small = await png({ width: 300, height: 200, seed: 9 });
    const work = await workInProgress();
    await outage(['keyvaluestore'], async () => {
      const answers = await Promise.all([
        client.fetch('/task', {
          method: 'POST',
          body: form({ image: small }),
          headers: { Prefer: 'wait=30' },
        }),
        client.fetch(`/task/${finished.id}/source`),
        client.fetch(`/task/${finished.id}?wait=30`),
        ui.fetch('/queue'),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200]);
      expect(await answers[0].json()).toMatchObject({ state: 'finished' });
    });
    expect(await expectAllDone(begun, work)).toMatchObject({ leaseNumber: 1, failures: 0 });
  });

  it('db: clients are told to come again, the worker keeps what it has made', { timeout }, async () => {
    const client = await clientOf('master');
    const begun = await traffic();
    const finished = await client.settled((await client.upload(await png())).id);
    const work = await workInProgress();
    const longPoll = client.fetch(`/task/${work.id}?wait=30`);
    let upload: Promise<Response> | undefined;
    const from = system().process('master').lines.length;
    const seconds = await outage(
      ['db'],
      async () => {
        for (const path of ['/queue', '/task', `/task/${finished.id}`, `/task/${finished.id}/download`]) {
          await expectAway(await client.fetch(path), path);
        }
        await expectAway(await client.fetch(`/task/${work.id}/cancel`, { method: 'POST' }), 'cancel');
      },
      async () => {
        await expectAway(await longPoll, 'the long poll');
        upload = client.fetch('/task', { method: 'POST', body: form({ image }) });
      },
    );
    // An upload outlasts a short outage.
    const uploaded = await upload!;
    if (uploaded.status !== 201 || outageSeconds > createSeconds) await expectAway(uploaded, 'an upload');
    expect(count('master', /"url":"\/task\/next"/, from)).toBeLessThan(slots + 2 * seconds);
    expect(count('master', new RegExp(`"url":"/task/${work.id}/finish"`), from)).toBeLessThanOrEqual(growing(seconds));
    expect(await expectAllDone(begun, work)).toMatchObject({ leaseNumber: 1, failures: 0 });
  });

  it(
    'storage: clients are told to come again, tasks can be seen, the worker waits and keeps its leases',
    { timeout },
    async () => {
      const client = await clientOf('master');
      const begun = await traffic();
      const finished = await client.settled((await client.upload(await png())).id);
      const crowd = new Crowd(await system().endpointOf('master'), image);
      const half = crowd.begin();
      half.sendHalf();
      await vi.waitFor(
        async () => expect((await system().storedFiles()).filter((file) => file.includes('/temp/'))).not.toEqual([]),
        { timeout: 20_000 },
      );
      const work = await workInProgress();
      const from = system().process('worker-1').lines.length;
      const seconds = await outage(
        ['storage'],
        async () => {
          await expectAway(await client.fetch('/task', { method: 'POST', body: form({ image }) }), 'an upload');
          await expectAway(await client.fetch(`/task/${finished.id}/download`), 'a download');
          await expectAway(await client.fetch(`/task/${finished.id}/source`), 'a source');
          expect((await client.fetch(`/task/${finished.id}`)).status).toBe(200);
          expect((await client.fetch('/queue')).status).toBe(200);
        },
        async () => {
          expect(await half.end()).toMatchObject({ status: 503, retryAfter: 1, body: { code: 'service-unavailable' } });
        },
      );
      expect(count('worker-1', /Storage set aside/, from)).toBeLessThanOrEqual(slots * triesOfACall * growing(seconds));
      expect(await expectAllDone(begun, work)).toMatchObject({ leaseNumber: 1, failures: 0, lostLeases: 0 });
    },
  );

  it('master: the page says so, the worker waits and goes on', { timeout }, async () => {
    const ui = await clientOf('ui');
    const begun = await traffic();
    const work = await workInProgress();
    const from = system().process('worker-1').lines.length;
    const seconds = await outage(['master'], async () => {
      expect((await ui.fetch('/')).status).toBe(200);
      await expectAway(await ui.fetch('/queue'), 'the queue');
      await expectAway(await ui.fetch('/task', { method: 'POST', body: form({ image }) }), 'an upload');
    });
    const renewals = (slots * seconds * 6) / leaseSeconds;
    const others = slots * growing(seconds) + 2 * seconds;
    expect(count('worker-1', /Master set aside/, from)).toBeLessThan(triesOfACall * (renewals + others));
    await expectAllDone(begun, work);
  });

  it('db and the registry, at once', { timeout }, async () => {
    const client = await clientOf('master');
    const begun = await traffic();
    const work = await workInProgress();
    await outage(['db', 'keyvaluestore'], async () => {
      await expectAway(await client.fetch('/queue'), 'the queue');
      await expectAway(await client.fetch(`/task/${work.id}?wait=30`), 'a long poll');
    });
    // Whether the lease outlasts it depends on which of the two is back first: without a registry, nobody finds db.
    const { failures, lostLeases } = await expectAllDone(begun, work);
    expect(failures).toBe(0);
    expect(lostLeases).toBeLessThanOrEqual(1);
  });
});
