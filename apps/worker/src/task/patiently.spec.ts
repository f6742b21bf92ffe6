import { Problem } from '#contracts';
import { Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { unavailable } from '../../test/lease-desk.js';
import { patiently } from './patiently.js';

const never = new AbortController().signal;

describe('patiently', () => {
  it('gives the answer of the first call that is answered', async () => {
    const call = vi.fn<() => Promise<string>>().mockResolvedValue('answer');

    expect(await patiently(never, call)).toBe('answer');
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('makes the call anew while the service is away, with growing delays', async () => {
    const calledAt: number[] = [];
    const answer = await patiently(never, async () => {
      calledAt.push(performance.now());
      if (calledAt.length < 3) throw unavailable();
      return calledAt.length;
    });

    expect(answer).toBe(3);
    const [first, second, third] = calledAt as [number, number, number];
    expect(second - first).toBeGreaterThan(190);
    expect(third - second).toBeGreaterThan(390);
  });

  it('says once what it waits for', async () => {
    const log = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const call = vi.fn<() => Promise<string>>();
    call.mockRejectedValueOnce(unavailable()).mockRejectedValueOnce(unavailable()).mockResolvedValueOnce('answer');

    await patiently(never, call);

    expect(log).toHaveBeenCalledExactlyOnceWith(`Waiting: ${unavailable().message}`);
    log.mockRestore();
  });

  it('makes the call anew while storage is full: the work that is done already would only be done again', async () => {
    const call = vi.fn<() => Promise<string>>();
    call.mockRejectedValueOnce(new Problem('storage-full', 'no room')).mockResolvedValueOnce('stored');

    expect(await patiently(never, call)).toBe('stored');
  });

  it.each([new Problem('lease-lost', 'settled'), new Problem('internal-error', ''), new TypeError('a mistake')])(
    'makes no second call after %s',
    async (error) => {
      const call = vi.fn<() => Promise<void>>().mockRejectedValue(error);

      await expect(patiently(never, call)).rejects.toBe(error);
      expect(call).toHaveBeenCalledTimes(1);
    },
  );

  it('makes no call at all when it is aborted already', async () => {
    const call = vi.fn<() => Promise<void>>();

    await expect(patiently(AbortSignal.abort(new Error('stop')), call)).rejects.toThrow('stop');
    expect(call).not.toHaveBeenCalled();
  });

  it('ends at once when it is aborted between two calls', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const call = vi.fn<() => Promise<void>>().mockImplementation(async () => {
      setImmediate(() => controller.abort(reason));
      throw unavailable();
    });

    // By its timer: before the next call, it would end with the reason itself.
    await expect(patiently(controller.signal, call)).rejects.toMatchObject({ name: 'AbortError', cause: reason });

    expect(call).toHaveBeenCalledTimes(1);
  });
});
