import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { png } from '../harness/photo.js';
import { System } from '../harness/system.js';

describe('a worker that has lost its work folder', () => {
  it('fails no task, pauses, and leaves all of them to another worker', async () => {
    const system = await System.start({ workers: 0 });
    const { client } = system;
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    const sick = await system.launch('worker', 'sick', { MICRO_WORK_FOLDER: folder, MICRO_WORKER_SLOTS: '2' });
    await rm(folder, { recursive: true });
    const image = await png({ width: 60, height: 40 });
    const tasks = await Promise.all(Array.from({ length: 12 }, () => client.upload(image)));
    await sick.line(/This worker cannot work, and takes no task for 2 s: ENOENT/);

    await system.launch('worker', 'healthy');

    const finished = await Promise.all(tasks.map(({ id }) => client.settled(id)));
    expect(finished.map(({ state, failures, lostLeases }) => ({ state, failures, lostLeases }))).toEqual(
      tasks.map(() => ({ state: 'finished', failures: 0, lostLeases: 0 })),
    );
    // One for each pause, beside those that it had begun when it met the first fault.
    const pauses = system.logs('sick').filter((line) => line.includes('This worker cannot work')).length;
    const givenBack = finished.reduce((sum, { leaseNumber }) => sum + leaseNumber - 1, 0);
    expect(givenBack).toBeLessThanOrEqual(pauses + 2);
  });
});
