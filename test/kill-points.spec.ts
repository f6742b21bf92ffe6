import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attempt, AttemptOutcome } from '#contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CallProxy, type Moment } from './harness/call-proxy.js';
import { form } from './harness/form.js';
import { MasterClient, type ShownTask } from './harness/master-client.js';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';
import { allTasks, unneededFiles } from './harness/unneeded-files.js';

type Victim = 'master' | 'worker' | 'db' | 'storage';
/** Acts at one moment of the flow, and resolves after that. */
type When = (act: () => Promise<void>) => Promise<void>;

interface Step {
  step: string;
  /** Who is killed then; with nobody, the call's answer is lost, and that is all. */
  kill: Victim | null;
  when: When;
  /** How the attempts of the task end, first to last. */
  attempts: AttemptOutcome[];
  /**
   * The worker waits for a task meanwhile, and is given its lease over the one that is killed. It gets it when it asks
   * again, or the lease has expired by then: what comes first.
   */
  leaseMayExpire?: true;
  /** What stays behind is a file that no task refers to; the janitor removes it. */
  orphan?: true;
  recipe?: object;
}

const create = /^POST \/task$/;
const upload = create;
const next = /^POST \/task\/next$/;
const finish = /^POST \/task\/[^/]+\/finish$/;
const sourceUpload = /^PUT \/files\/[^/]+\/source-/;
const sourceDownload = /^GET \/files\/[^/]+\/source-/;
const outputUpload = /^PUT \/files\/[^/]+\/1-/;

// All calls of the flow go through these three: the client's and the worker's, those of master, those of both.
const proxies = {
  master: await CallProxy.start(() => endpointOf('master')),
  db: await CallProxy.start(() => endpointOf('db')),
  storage: await CallProxy.start(() => endpointOf('storage')),
};
const workFolder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
afterAll(async () => {
  for (const proxy of Object.values(proxies)) proxy.stop();
  await rm(workFolder, { recursive: true });
});

const system = System.shared({
  env: {
    MICRO_MASTER_ENDPOINT: proxies.master.endpoint,
    MICRO_DB_ENDPOINT: proxies.db.endpoint,
    MICRO_STORAGE_ENDPOINT: proxies.storage.endpoint,
    MICRO_LEASE_SECONDS: '3',
    MICRO_RECLAIM_SECONDS: '1',
    MICRO_WORKER_SLOTS: '1',
    MICRO_WORK_FOLDER: workFolder,
    MICRO_ORPHAN_SECONDS: '1',
    MICRO_JANITOR_SECONDS: '1',
    MICRO_ABANDONED_SECONDS: '5',
  },
});
const client = new MasterClient(() => Promise.resolve(proxies.master.endpoint));

function endpointOf(service: Victim): Promise<string> {
  return system().process(service).endpoint();
}

function broken(call: RegExp, moment: Moment, to: keyof typeof proxies): When {
  return (act) => proxies[to].breakOff({ moment, call }, act);
}

/** While the second output is in the making, which takes a while. */
async function processing(act: () => Promise<void>): Promise<void> {
  await vi.waitFor(
    async () =>
      expect(await readdir(workFolder, { recursive: true })).toContainEqual(expect.stringMatching('output-slow')),
    { timeout: 30_000, interval: 10 },
  );
  await act();
}

const slowRecipe = {
  outputs: {
    image: { operations: [{ negate: {} }], format: 'same' },
    slow: { operations: [{ resize: { width: 2000 } }], format: 'avif' },
  },
};

const steps: Step[] = [
  {
    step: 'storage is killed when it has the bytes, and has not said so',
    kill: 'storage',
    when: broken(sourceUpload, 'answer', 'storage'),
    attempts: ['finished'],
    orphan: true,
  },
  {
    step: 'master is killed when the bytes are stored, before it creates the task',
    kill: 'master',
    when: broken(create, 'call', 'db'),
    attempts: ['finished'],
    orphan: true,
  },
  {
    step: 'master is killed when the task is created, before it hears of it',
    kill: 'master',
    when: broken(create, 'answer', 'db'),
    attempts: ['finished'],
    leaseMayExpire: true,
  },
  {
    step: 'db is killed when the task is created, before it says so',
    kill: 'db',
    when: broken(create, 'answer', 'db'),
    attempts: ['finished'],
    leaseMayExpire: true,
  },
  {
    step: 'master is killed when the task is created, before the client hears of it',
    kill: 'master',
    when: broken(upload, 'answer', 'master'),
    attempts: ['finished'],
    leaseMayExpire: true,
  },
  {
    step: 'the answer to next is lost: asked again with the same token, it is the same lease',
    kill: null,
    when: broken(next, 'answer', 'master'),
    attempts: ['finished'],
  },
  {
    step: 'the worker is killed when it is given a lease, before it begins',
    kill: 'worker',
    when: broken(next, 'answer', 'master'),
    attempts: ['lease-lost', 'finished'],
  },
  {
    step: 'the worker is killed in the middle of its download',
    kill: 'worker',
    when: broken(sourceDownload, 'body', 'storage'),
    attempts: ['lease-lost', 'finished'],
  },
  {
    step: 'storage is killed in the middle of a worker’s download: the photo is not to blame',
    kill: 'storage',
    when: broken(sourceDownload, 'body', 'storage'),
    attempts: ['retryable', 'finished'],
  },
  {
    step: 'the worker is killed in the middle of processing',
    kill: 'worker',
    when: processing,
    attempts: ['lease-lost', 'finished'],
    recipe: slowRecipe,
  },
  {
    step: 'storage is killed when it has the output, and has not said so',
    kill: 'storage',
    when: broken(outputUpload, 'answer', 'storage'),
    attempts: ['finished'],
    orphan: true,
  },
  {
    step: 'the worker is killed when its output is stored, before it finishes',
    kill: 'worker',
    when: broken(finish, 'call', 'master'),
    attempts: ['lease-lost', 'finished'],
    orphan: true,
  },
  {
    step: 'the worker is killed when the task is finished, before it hears of it',
    kill: 'worker',
    when: broken(finish, 'answer', 'master'),
    attempts: ['finished'],
  },
  {
    step: 'db is killed when the task is finished, before it says so',
    kill: 'db',
    when: broken(finish, 'answer', 'db'),
    attempts: ['finished'],
  },
  {
    step: 'master is killed when the task is finished, before it hears of it',
    kill: 'master',
    when: broken(finish, 'answer', 'db'),
    attempts: ['finished'],
  },
];

describe('a photo is processed exactly once, and leaves no orphan, when', () => {
  let image: Buffer;
  beforeAll(async () => {
    image = await png({ width: 1000, height: 750 });
  });

  it.each(steps)('$step', async ({ kill, when, attempts, leaseMayExpire, orphan, recipe }) => {
    const key = randomUUID();
    const send = async (): Promise<ShownTask> => {
      const body = form({ ...(recipe && { recipe: JSON.stringify(recipe) }), image });
      const headers = { 'Idempotency-Key': key };
      const response = await client.patiently('/task', { method: 'POST', body, headers });
      expect(response.status).toBe(201);
      return (await response.json()) as ShownTask;
    };
    const before = await allTasks(system());
    const struck = when(async () => {
      if (kill) await system().process(nameOf(kill)).end('SIGKILL');
      if (orphan) expect(await unneededFiles(system())).toHaveLength(1);
    });

    const [{ id }] = await Promise.all([send(), struck.then(() => kill && system().launch(kill, nameOf(kill)))]);

    const task = await client.settled(id);
    expect(task.state, task.error?.detail).toBe('finished');
    const output = await client.download(task.outputs[0]!.href);
    expect((await pixelsOf(output)).equals(await negatedPixelsOf(image))).toBe(true);
    const made = (await system().internal('db', `/task/${id}/attempts`)) as Attempt[];
    const outcomes = made.map(({ outcome }) => outcome);
    if (leaseMayExpire && outcomes[0] === 'lease-lost') outcomes.shift();
    expect(outcomes).toEqual(attempts);
    expect((await send()).id).toBe(id);
    expect(await allTasks(system())).toHaveLength(before.length + 1);
    await vi.waitFor(async () => expect(await unneededFiles(system())).toEqual([]), { timeout: 30_000, interval: 100 });
  });
});

function nameOf(victim: Victim): string {
  return victim === 'worker' ? 'worker-1' : victim;
}
