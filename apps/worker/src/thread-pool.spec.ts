import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

async function sizeWith(env: Record<string, string>): Promise<string | undefined> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  await import('./thread-pool.js');
  return process.env.UV_THREADPOOL_SIZE;
}

describe('the thread pool', () => {
  beforeEach(() => {
    vi.resetModules();
    vi.stubEnv('UV_THREADPOOL_SIZE', undefined);
    vi.stubEnv('MICRO_WORKER_SLOTS', undefined);
  });

  afterEach(() => vi.unstubAllEnvs());

  it('has a thread for every picture at work, and some for files and names', async () => {
    expect(await sizeWith({ MICRO_WORKER_SLOTS: '5' })).toBe('13');
  });

  it.each(['', 'many'])('has one for every core when the slots are %j', async (slots) => {
    expect(await sizeWith({ MICRO_WORKER_SLOTS: slots })).toBe(String(availableParallelism() + 8));
  });

  it('is left as the operator has set it', async () => {
    expect(await sizeWith({ MICRO_WORKER_SLOTS: '5', UV_THREADPOOL_SIZE: '64' })).toBe('64');
  });
});
