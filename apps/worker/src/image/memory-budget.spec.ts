import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryBudget } from './memory-budget.js';

/** A budget of 100 bytes, and work in it that ends when the test says so. */
function budget() {
  const memory = new MemoryBudget(100);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  onTestFinished(() => ends.forEach((end) => end()));
  return {
    memory,
    begun,
    /** @returns ends the work */
    work: (name: string, bytes: number, signal?: AbortSignal): { end: () => void; done: Promise<string> } => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      const done = memory.run(
        bytes,
        async () => {
          begun.push(name);
          await promise;
          return name;
        },
        signal,
      );
      return { end: resolve, done };
    },
  };
}

/** Lets everything go on that waits for nothing. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('MemoryBudget', () => {
  it('lets work begin at once while there is room for it', async () => {
    const { work, begun } = budget();
    work('one', 60);
    work('two', 40);
    await settle();
    expect(begun).toEqual(['one', 'two']);
  });

  it('has work wait until there is room, and answers what it answers', async () => {
    const { work, begun } = budget();
    const one = work('one', 60);
    const two = work('two', 41);
    await settle();
    expect(begun).toEqual(['one']);
    one.end();
    two.end();
    expect(await two.done).toBe('two');
  });

  it('keeps the order: nobody overtakes one that needs much', async () => {
    const { work, begun } = budget();
    const one = work('one', 60);
    const large = work('large', 100);
    work('small', 10);
    await settle();
    expect(begun).toEqual(['one']);
    one.end();
    await one.done;
    await settle();
    expect(begun).toEqual(['one', 'large']);
    large.end();
    await large.done;
    await settle();
    expect(begun).toEqual(['one', 'large', 'small']);
  });

  it('gives the room back when the work fails', async () => {
    const { memory, work } = budget();
    await expect(memory.run(100, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    const next = work('next', 100);
    next.end();
    expect(await next.done).toBe('next');
  });

  it('refuses at once what would not fit alone, also while others wait', async () => {
    const { work, begun } = budget();
    work('one', 100);
    await expect(work('too large', 101).done).rejects.toMatchObject({ code: 'too-much-memory' });
    expect(begun).toEqual(['one']);
  });

  it('lets those behind go on when one gives up waiting', async () => {
    const { work, begun } = budget();
    const [one, patience] = [work('one', 60), new AbortController()];
    const large = work('large', 100, patience.signal);
    work('small', 40);
    patience.abort(new Error('no more'));
    await expect(large.done).rejects.toThrow('no more');
    expect(begun).toEqual(['one', 'small']);
    one.end();
  });

  it('does not begin for one who has given up already', async () => {
    const { work, begun } = budget();
    await expect(work('late', 10, AbortSignal.abort(new Error('no more'))).done).rejects.toThrow('no more');
    expect(begun).toEqual([]);
  });
});
