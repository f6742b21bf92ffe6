import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunningMaster } from '../../test/running-master.js';

const rateLimit = 3;
const keys = {
  alice: 'alice-has-a-long-key',
  alicesOther: 'alice-has-another-key',
  bob: 'bob-has-a-long-key',
};
const apiKeys = `alice:${keys.alice},alice:${keys.alicesOther},bob:${keys.bob}`;

/** The statuses of requests that are made one after the other. */
async function statuses(master: RunningMaster, requests: [path: string, key?: string][]): Promise<number[]> {
  const answers: number[] = [];
  for (const [path, key] of requests) {
    const answer = await master.get(path, key === undefined ? {} : { Authorization: `Bearer ${key}` });
    answers.push(answer.status);
  }
  return answers;
}

describe('The rate limit', () => {
  // All within one moment.
  beforeEach(() => void vi.spyOn(performance, 'now').mockReturnValue(5_000));
  afterEach(() => vi.restoreAllMocks());

  it('counts the requests of a client over all routes together', async () => {
    const master = await RunningMaster.start({ rateLimit });

    expect(await statuses(master, [['/queue'], ['/recipes'], ['/task']])).toEqual([200, 200, 200]);
    for (const path of ['/queue', '/recipes', '/task', '/task/x/download']) {
      const answer = await master.get(path);
      expect(answer).toMatchObject({ status: 429, json: { code: 'too-many-requests' } });
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect(await statuses(master, [['/health/live']])).toEqual([200]);
  });

  it('counts the requests of an owner, under whichever key', async () => {
    const master = await RunningMaster.start({ rateLimit, apiKeys });

    const { alice, alicesOther, bob } = keys;
    expect(
      await statuses(master, [
        ['/queue', alice],
        ['/task', alicesOther],
        ['/recipes', alice],
        ['/queue', alicesOther],
        ['/queue', bob],
      ]),
    ).toEqual([200, 200, 200, 429, 200]);
  });

  it('counts those without a key that is known by their address, and no owner for them', async () => {
    const master = await RunningMaster.start({ rateLimit, apiKeys });

    expect(
      await statuses(master, [['/queue', 'a-wrong-key-of-them'], ['/task'], ['/queue', 'another-wrong-key']]),
    ).toEqual([401, 401, 401]);
    expect(await statuses(master, [['/queue', 'a-third-wrong-key'], ['/recipes']])).toEqual([429, 429]);
    expect(await statuses(master, [['/queue', keys.alice]])).toEqual([200]);
  });
});
