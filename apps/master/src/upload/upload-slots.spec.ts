import { describe, expect, it, vi } from 'vitest';
import { MasterConfig } from '../config.js';
import { UploadSlots } from './upload-slots.js';

function slots(count: number): UploadSlots {
  const config = new MasterConfig();
  config.uploadSlots = count;
  return new UploadSlots(config);
}

/** An upload that has begun when `begun` says so, and ends when it is told to. */
function upload(): {
  run: () => Promise<string>;
  begun: () => boolean;
  end: (result: string) => void;
  fail: (error: Error) => void;
} {
  const ended = Promise.withResolvers<string>();
  const run = vi.fn(() => ended.promise);
  return { run, begun: () => run.mock.calls.length > 0, end: ended.resolve, fail: ended.reject };
}

const never = new AbortController().signal;

describe('UploadSlots', () => {
  it('runs so many uploads at once, and the others in the order in which they came', async () => {
    const bounded = slots(2);
    const uploads = [upload(), upload(), upload(), upload()];
    const results = uploads.map(({ run }) => bounded.run(run, never));
    await Promise.resolve();
    expect(uploads.map(({ begun }) => begun())).toEqual([true, true, false, false]);

    uploads[1]!.end('second');
    await results[1];
    await vi.waitFor(() => expect(uploads.map(({ begun }) => begun())).toEqual([true, true, true, false]));

    uploads[0]!.fail(new Error('broken off'));
    await expect(results[0]).rejects.toThrow('broken off');
    await vi.waitFor(() => expect(uploads[3]!.begun()).toBe(true));
    uploads[2]!.end('third');
    uploads[3]!.end('fourth');
    expect(await Promise.all([results[1], results[2], results[3]])).toEqual(['second', 'third', 'fourth']);

    const next = upload();
    const result = bounded.run(next.run, never);
    next.end('fifth');
    expect(await result).toBe('fifth');
  });

  it('gives the place of a client that hangs up to the next', async () => {
    const bounded = slots(1);
    const [first, hungUp, waiting] = [upload(), upload(), upload()];
    const hangUp = new AbortController();
    const firstResult = bounded.run(first.run, never);
    const refused = bounded.run(hungUp.run, hangUp.signal);
    const result = bounded.run(waiting.run, never);
    hangUp.abort(new Error('hung up'));
    await expect(refused).rejects.toThrow('hung up');

    first.end('first');
    waiting.end('waited');
    expect(await Promise.all([firstResult, result])).toEqual(['first', 'waited']);
    expect(hungUp.begun()).toBe(false);
  });

  it('refuses a client that has waited for too long', async () => {
    vi.useFakeTimers();
    try {
      const bounded = slots(1);
      const first = upload();
      const held = bounded.run(first.run, never);
      const refused = expect(bounded.run(upload().run, never)).rejects.toMatchObject({
        code: 'too-many-uploads',
        extras: { retryAfterSeconds: 5 },
      });
      await vi.advanceTimersByTimeAsync(30_000);
      await refused;
      first.end('first');
      expect(await held).toBe('first');
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses at once who would make the line too long', async () => {
    const bounded = slots(1);
    const first = upload();
    const held = bounded.run(first.run, never);
    const hangUp = new AbortController();
    const line = Array.from({ length: 500 }, () => bounded.run(upload().run, hangUp.signal));
    await expect(bounded.run(upload().run, never)).rejects.toMatchObject({
      code: 'too-many-uploads',
      extras: { retryAfterSeconds: 5 },
    });
    hangUp.abort(new Error('hung up'));
    await Promise.allSettled(line);
    first.end('first');
    expect(await held).toBe('first');
  });
});
