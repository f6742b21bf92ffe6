import { describe, expect, it } from 'vitest';
import { System } from '../harness/system.js';

describe('a db that is frozen', () => {
  it('is what a worker waits for, and not the master that waits for it', async () => {
    const system = await System.start({ env: { MICRO_LOG_LEVEL: 'debug' } });
    const worker = system.process('worker-1');
    system.process('db').freeze();
    const from = worker.lines.length;

    await worker.line(/Cannot reclaim now: .*db cannot be reached/, from);

    expect(worker.lines.filter((line) => line.includes('Master set aside'))).toEqual([]);
  });
});
