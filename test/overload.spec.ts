import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Attempt, QueueStats } from '#contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CoreBurners } from './harness/core-burners.js';
import { Crowd, type BegunUpload } from './harness/crowd.js';
import { MemoryWatch } from './harness/memory.js';
import { png } from './harness/photo.js';
import { System } from './harness/system.js';

const patience = { timeout: 20_000 };

/** The uploads that storage is receiving. */
async function received(system: System): Promise<string[]> {
  return readdir(join(system.folder, 'storage', 'temp'));
}

describe('too many uploads at once', () => {
  const slots = 2;
  const system = System.shared({ workers: 0, env: { MICRO_UPLOAD_SLOTS: String(slots), MICRO_RATE_LIMIT: '0' } });

  async function allSlotsTaken(): Promise<void> {
    await vi.waitFor(async () => expect(await received(system())).toHaveLength(slots), patience);
  }

  it('some are received, the others wait for their turn, and none is lost', async () => {
    const crowd = new Crowd(await system().endpointOf('master'), await png({ width: 1000, height: 1000 }));
    const slow = Array.from({ length: slots }, () => crowd.begin());
    for (const upload of slow) upload.sendHalf();
    await allSlotsTaken();
    const waiting = Array.from({ length: 8 }, () => crowd.begin().end());
    // Other requests are answered meanwhile, and no slot is given out twice.
    for (let number = 0; number < 10; number++) expect((await system().client.fetch('/queue')).status).toBe(200);
    expect(await received(system())).toHaveLength(slots);

    const answers = await Promise.all([...slow.map((upload) => upload.end()), ...waiting]);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: slots + 8 }, () => 201));
    expect(await system().storedFiles()).toHaveLength(slots + 8);
  });

  it('a client that hangs up leaves its slot, or its place in the line, to the next', async () => {
    const before = (await system().storedFiles()).length;
    const crowd = new Crowd(await system().endpointOf('master'), await png({ width: 1000, height: 1000 }));
    const slow = Array.from({ length: slots }, () => crowd.begin());
    for (const upload of slow) upload.sendHalf();
    await allSlotsTaken();
    const leaving = crowd.begin();
    leaving.sendHalf();
    const patient = crowd.begin().end();
    leaving.hangUp();
    slow[0]!.hangUp();

    expect((await patient).status).toBe(201);
    expect((await slow[1]!.end()).status).toBe(201);
    await vi.waitFor(async () => expect(await received(system())).toEqual([]), patience);
    expect(await system().storedFiles()).toHaveLength(before + 2);
  });

  it('when the line is long, who comes last is refused at once, and told when to come again', async () => {
    const crowd = new Crowd(await system().endpointOf('master'), await png());
    const slow = Array.from({ length: slots }, () => crowd.begin());
    for (const upload of slow) upload.sendHalf();
    await allSlotsTaken();
    const line: BegunUpload[] = Array.from({ length: 510 }, () => crowd.begin());
    const refused = await Promise.any(line.map((upload) => upload.answer()));
    expect(refused).toMatchObject({ status: 503, retryAfter: 5, body: { code: 'too-many-uploads' } });

    for (const upload of [...slow, ...line]) upload.hangUp();
    expect((await crowd.begin().end()).status).toBe(201);
  });
});

describe('a full queue', () => {
  const limit = 3;
  const system = System.shared({ workers: 0, env: { MICRO_BACKLOG_LIMIT: String(limit) } });

  it('refuses new uploads without a trace, knows those it has, and takes new ones when it has drained', async () => {
    const { client } = system();
    const crowd = new Crowd(await system().endpointOf('master'), await png());
    const keys = Array.from({ length: limit }, () => randomUUID());
    const accepted = await Promise.all(keys.map((key) => crowd.begin(key).end()));
    expect(accepted.map(({ status }) => status)).toEqual([201, 201, 201]);

    const late = randomUUID();
    const refused = await crowd.begin(late).end();
    expect(refused).toMatchObject({ status: 503, retryAfter: 10, body: { code: 'queue-full' } });
    expect(await system().storedFiles()).toHaveLength(limit);

    const again = await crowd.begin(keys[0]).end();
    expect(again).toMatchObject({ status: 201, body: { id: accepted[0]!.body.id } });
    expect(await system().storedFiles()).toHaveLength(limit);

    await system().launch('worker');
    for (const { body } of accepted) expect((await client.settled(body.id!)).state).toBe('finished');
    const taken = await crowd.begin(late).end();
    expect(taken.status).toBe(201);
    expect((await client.settled(taken.body.id!)).state).toBe('finished');
  });
});

describe('200 photos of 5 MB at once', () => {
  const uploads = 200;
  /** Whole photos in the 32 slots alone would take twice as much, and all of them a gigabyte. */
  const boundMb = 200;
  const system = System.shared({ workers: 0, env: { MICRO_RATE_LIMIT: '0' } });

  it('all become tasks, in memory that does not grow with them', async () => {
    const image = await png({ width: 1500, height: 1150 });
    expect(image.length).toBeGreaterThan(5e6);
    const crowd = new Crowd(await system().endpointOf('master'), image);
    await system().client.upload(await png());
    const watch = await MemoryWatch.start(['master', 'storage'].map((name) => system().process(name)));

    const tasks = await crowd.upload(uploads);

    const growth = await watch.stop();
    const shown = growth.map(
      ({ name, restMb, growthMb }) => `${name} ${restMb.toFixed(0)} + ${growthMb.toFixed(0)} MB`,
    );
    process.stdout.write(`\nMemory under ${uploads} uploads of 5 MB at once: ${shown.join(', ')}\n`);
    for (const { name, growthMb } of growth) expect(growthMb, name).toBeLessThan(boundMb);
    expect(crowd.resets).toBe(0);
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(uploads);
    const queue = (await (await system().client.fetch('/queue')).json()) as QueueStats;
    expect(queue.queued).toBe(uploads + 1);
    expect(await system().storedFiles()).toHaveLength(uploads + 1);
    expect(await received(system())).toEqual([]);
  });
});

describe('a worker whose cores are all busy, with more than its own work', () => {
  const cores = availableParallelism();
  const slots = cores * 2;
  const leaseSeconds = 2;
  const system = System.shared({
    workers: 0,
    env: { MICRO_LEASE_SECONDS: String(leaseSeconds), MICRO_WORKER_SLOTS: String(slots), MICRO_RECLAIM_SECONDS: '1' },
  });

  it('keeps all its leases, and does everything once', async () => {
    const { client } = system();
    const image = await png({ width: 2000, height: 1500 });
    const operations = [{ median: { size: 15 } }];
    const outputs = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { operations, format: 'jpeg' }]));
    const uploads = await Promise.all(
      Array.from({ length: slots }, () => client.upload(image, { recipe: JSON.stringify({ outputs }) })),
    );
    const burners = CoreBurners.start(cores);
    onTestFinished(() => burners.stop());
    const worker = await system().launch('worker');

    const attempts: Attempt[][] = [];
    for (const { id } of uploads) {
      expect(await client.settled(id)).toMatchObject({ state: 'finished', leaseNumber: 1, lostLeases: 0, failures: 0 });
      attempts.push((await system().internal('db', `/task/${id}/attempts`)) as Attempt[]);
    }

    expect(attempts.map((all) => all.map(({ outcome }) => outcome))).toEqual(uploads.map(() => ['finished']));
    expect(worker.lines.filter((line) => /given up|tried again|comes back/.test(line))).toEqual([]);
    // The work did outlast a lease.
    const longest = Math.max(
      ...attempts.flat().map(({ beganAt, endedAt }) => Date.parse(endedAt!) - Date.parse(beganAt)),
    );
    expect(longest).toBeGreaterThan(leaseSeconds * 1000);
  });
});
