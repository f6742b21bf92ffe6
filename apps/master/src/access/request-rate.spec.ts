import { beforeEach, describe, expect, it } from 'vitest';
import { RequestRate } from './request-rate.js';

const ttl = 1_000;
const limit = 3;

describe('RequestRate', () => {
  let now: number;
  let rate: RequestRate;

  beforeEach(() => {
    now = 5_000;
    rate = new RequestRate(() => now);
  });

  async function asks(client: string): Promise<'served' | 'refused'> {
    return (await rate.increment(client, ttl, limit)).isBlocked ? 'refused' : 'served';
  }

  it('lets so many requests through within any second, of each client', async () => {
    for (let number = 0; number < limit; number++) expect(await asks('one')).toBe('served');
    expect(await asks('one')).toBe('refused');
    expect(await asks('another')).toBe('served');
    now += ttl - 1;
    expect(await asks('one')).toBe('refused');
    now += 1;
    expect(await asks('one')).toBe('served');
  });

  it('does not count what it refuses', async () => {
    for (let number = 0; number < 100; number++) await asks('one');
    now += ttl;
    for (let number = 0; number < limit; number++) expect(await asks('one')).toBe('served');
  });

  it('says when to come again', async () => {
    for (let number = 0; number < limit; number++) await asks('one');
    now += 300;
    expect(await rate.increment('one', ttl, limit)).toEqual({
      totalHits: limit + 1,
      timeToExpire: 1,
      isBlocked: true,
      timeToBlockExpire: 1,
    });
  });

  it('forgets clients that are gone', async () => {
    for (let number = 0; number < 50; number++) await asks(`client ${number}`);
    now += 60_000;
    await asks('one');
    expect(rate.size).toBe(1);
  });
});
