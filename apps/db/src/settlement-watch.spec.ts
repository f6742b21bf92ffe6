import { describe, expect, it } from 'vitest';
import { SettlementWatch } from './settlement-watch.js';

/** Longer than a test may take: who is not woken hangs. */
const waitMs = 60_000;

describe('SettlementWatch', () => {
  it('wakes those who wait for a task, and nobody else', async () => {
    const watch = new SettlementWatch();
    const woken: string[] = [];
    const waits = ['a', 'a', 'b'].map((id) => watch.wait(id, waitMs).then(() => woken.push(id)));

    watch.settled('a');
    await Promise.all(waits.slice(0, 2));

    expect(woken).toEqual(['a', 'a']);
    watch.stop();
    await Promise.all(waits);
  });

  it('wakes at the end of the wait', async () => {
    await new SettlementWatch().wait('a', 5);
  });

  it('wakes when aborted, before or during the wait', async () => {
    const watch = new SettlementWatch();
    const controller = new AbortController();
    const wait = watch.wait('a', waitMs, controller.signal);

    controller.abort();

    await wait;
    await watch.wait('a', waitMs, controller.signal);
  });

  it('wakes everybody when it stops, and holds up nobody who comes later', async () => {
    const watch = new SettlementWatch();
    const waits = [watch.wait('a', waitMs), watch.wait('b', waitMs)];

    watch.stop();
    watch.stop();

    await Promise.all(waits);
    await watch.wait('c', waitMs);
  });
});
