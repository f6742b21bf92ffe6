import { ConnectionFailure, Problem, type ConnectionFailureKind } from '#contracts';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RegisteredEndpoints } from './registered-endpoints.js';
import type { RegisteredEndpoint, RegistryClient } from './registry-client.js';

const ttlMs = 15_000;

/** A registry whose answers the test decides, and the endpoints of db as a client of it knows them. */
function opened() {
  const time = { ms: 1_000_000 };
  let answer: RegisteredEndpoint[] | null = [];
  const lookup = vi.fn(async (): Promise<RegisteredEndpoint[]> => {
    if (answer) return answer;
    throw new Problem('service-unavailable', 'keyvaluestore cannot be reached');
  });
  const registry = { endpoint: 'localhost:8000', lookup } as unknown as RegistryClient;
  const endpoints = new RegisteredEndpoints('db', registry, () => time.ms);
  onTestFinished(() => endpoints.stop());
  return {
    endpoints,
    time,
    lookup,
    /** From now on the registry names these, renewed at this moment unless said otherwise. */
    names: (values: string[], expiresInMs = ttlMs): void => {
      answer = values.map((value) => ({ value, expiresInMs }));
    },
    isDown: (): void => void (answer = null),
    /** What a series of picks gives. */
    picks: async (count: number): Promise<string[]> => {
      const picked: string[] = [];
      while (picked.length < count) picked.push(await endpoints.pick());
      return picked;
    },
    fails: (endpoint: string, kind: ConnectionFailureKind): void =>
      endpoints.setAside(new ConnectionFailure(endpoint, kind, kind)),
  };
}

/** Lets time pass for the timers and for the endpoints alike. */
async function pass({ time }: ReturnType<typeof opened>, ms: number): Promise<void> {
  time.ms += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

const unavailable: unknown = expect.objectContaining({
  code: 'service-unavailable',
  detail: 'db cannot be reached',
  message: expect.stringContaining('no live dbendpoint in the registry at localhost:8000') as unknown,
});

describe('RegisteredEndpoints', () => {
  beforeEach(() => Logger.overrideLogger(false));

  it('asks the registry when it knows of none, and then keeps what it was told', async () => {
    const { endpoints, names, lookup } = opened();
    names(['a:1']);
    expect(endpoints.missing()).toBe('no live dbendpoint in the registry at localhost:8000');

    expect(await endpoints.pick()).toBe('a:1');
    expect(await endpoints.pick()).toBe('a:1');

    expect(lookup).toHaveBeenCalledExactlyOnceWith('dbendpoint');
    expect(endpoints.missing()).toBeNull();
  });

  it('throws service-unavailable when there is none', async () => {
    const { endpoints } = opened();

    await expect(endpoints.pick()).rejects.toEqual(unavailable);
  });

  it('throws service-unavailable when the registry has never been reached', async () => {
    const { endpoints, isDown } = opened();
    isDown();

    await expect(endpoints.pick()).rejects.toEqual(unavailable);
  });

  it('spreads calls over all endpoints', async () => {
    const { names, picks } = opened();
    names(['a:1', 'b:1', 'c:1']);

    const picked = await picks(6);

    expect(new Set(picked.slice(0, 3))).toEqual(new Set(['a:1', 'b:1', 'c:1']));
    expect(picked.slice(3)).toEqual(picked.slice(0, 3));
  });

  it('asks once for many who pick at the same time', async () => {
    const { endpoints, names, lookup } = opened();
    names(['a:1']);

    await Promise.all([endpoints.pick(), endpoints.pick(), endpoints.pick()]);

    expect(lookup).toHaveBeenCalledTimes(1);
  });

  describe('an endpoint that refused', () => {
    it('is left out, while another is known', async () => {
      const { names, picks, fails, lookup } = opened();
      names(['a:1', 'b:1']);
      await picks(1);

      fails('a:1', 'refused');

      expect(await picks(3)).toEqual(['b:1', 'b:1', 'b:1']);
      expect(lookup).toHaveBeenCalledTimes(1);
    });

    it('is in again as soon as the registry names it again', async () => {
      const { names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'refused');

      expect(await picks(1)).toEqual(['a:1']);
    });

    it('stays out while the registry does not name it', async () => {
      const { endpoints, names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'refused');
      names([]);

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
    });

    it('is the last resort while the registry is down', async () => {
      const { names, picks, fails, isDown } = opened();
      names(['a:1']);
      await picks(1);
      isDown();
      fails('a:1', 'refused');

      expect(await picks(2)).toEqual(['a:1', 'a:1']);
    });

    it('goes the same way when it was silent', async () => {
      const { names, picks, fails } = opened();
      names(['a:1', 'b:1']);
      await picks(1);
      fails('a:1', 'silent');
      expect(await picks(2)).toEqual(['b:1', 'b:1']);
      fails('b:1', 'silent');

      expect(new Set(await picks(2))).toEqual(new Set(['a:1', 'b:1']));
    });
  });

  describe('an endpoint that answered as somebody else', () => {
    it('stays out while its registration is the one that led to the stranger', async () => {
      const { endpoints, time, names, picks, fails, lookup } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'stranger');
      time.ms += 4_000;
      names(['a:1'], ttlMs - 4_000);

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
      await expect(endpoints.pick()).rejects.toEqual(unavailable);
      expect(lookup).toHaveBeenCalledTimes(3);
    });

    it('is in again when its registration was renewed', async () => {
      const { endpoints, time, names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'stranger');
      await expect(endpoints.pick()).rejects.toEqual(unavailable);
      time.ms += 5_000;
      names(['a:1']);

      expect(await picks(1)).toEqual(['a:1']);
    });

    it('stays out when the one who was there before had renewed its registration just then', async () => {
      const { endpoints, time, names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      time.ms += 4_000;
      names(['a:1']);
      fails('a:1', 'stranger');

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
    });

    it('stays out after a lookup that failed, which says nothing of its registration', async () => {
      const { endpoints, time, names, picks, fails, isDown } = opened();
      names(['a:1'], 2_000);
      await picks(1);
      time.ms += 1_000;
      fails('a:1', 'stranger');
      isDown();
      await expect(endpoints.pick()).rejects.toEqual(unavailable);
      names(['a:1']);

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
    });

    it('is in again when it was registered anew after the registry had forgotten it', async () => {
      const { endpoints, names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'stranger');
      names([]);
      await expect(endpoints.pick()).rejects.toEqual(unavailable);
      names(['a:1']);

      expect(await picks(1)).toEqual(['a:1']);
    });

    it('is no last resort: no token goes to a stranger twice', async () => {
      const { endpoints, names, picks, fails, isDown } = opened();
      names(['a:1']);
      await picks(1);
      isDown();
      fails('a:1', 'stranger');

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
    });

    it('stays out when the answer of the registry takes long: that is no renewal', async () => {
      const { endpoints, time, lookup, names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'stranger');
      lookup.mockImplementation(async () => {
        time.ms += 3_000;
        return [{ value: 'a:1', expiresInMs: ttlMs }];
      });

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
    });

    it('is a stranger also when another call was refused in the same moment', async () => {
      const { endpoints, names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'refused');
      fails('a:1', 'stranger');

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
    });

    it('stays a stranger when it refuses afterwards', async () => {
      const { endpoints, names, picks, fails } = opened();
      names(['a:1']);
      await picks(1);
      fails('a:1', 'stranger');
      fails('a:1', 'refused');

      await expect(endpoints.pick()).rejects.toEqual(unavailable);
    });
  });

  it('sets aside nothing that it does not know', async () => {
    const { names, picks, fails } = opened();
    names(['a:1']);
    await picks(1);

    fails('b:1', 'refused');

    expect(await picks(1)).toEqual(['a:1']);
  });

  describe('between start and stop', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
    afterEach(() => void vi.useRealTimers());

    it('asks at once, every half second while it knows of none, and every 5 s then', async () => {
      const context = opened();
      const { endpoints, lookup, names } = context;
      endpoints.start();
      endpoints.start();
      await pass(context, 0);
      expect(lookup).toHaveBeenCalledTimes(1);
      await pass(context, 500);
      expect(lookup).toHaveBeenCalledTimes(2);
      names(['a:1']);
      await pass(context, 500);
      expect(lookup).toHaveBeenCalledTimes(3);
      expect(endpoints.missing()).toBeNull();

      await pass(context, 4_999);
      expect(lookup).toHaveBeenCalledTimes(3);
      await pass(context, 1);
      expect(lookup).toHaveBeenCalledTimes(4);

      endpoints.stop();
      endpoints.stop();
      await pass(context, 60_000);
      expect(lookup).toHaveBeenCalledTimes(4);
    });

    it('keeps an entry until its time is over, though the registry does not name it any more', async () => {
      const context = opened();
      const { endpoints, names } = context;
      names(['a:1']);
      endpoints.start();
      await pass(context, 0);
      names([]);

      for (let passed = 5_000; passed < ttlMs; passed += 5_000) {
        await pass(context, 5_000);
        expect(await endpoints.pick()).toBe('a:1');
      }
      await pass(context, 5_000);

      expect(endpoints.missing()).not.toBeNull();
    });

    it('lets an entry live on that is renewed', async () => {
      const context = opened();
      const { endpoints, names } = context;
      names(['a:1']);
      endpoints.start();
      for (let minutes = 0; minutes < 12; minutes++) await pass(context, 5_000);

      expect(endpoints.missing()).toBeNull();
    });

    it('keeps all entries while the registry is down, and for their time after it is back and still empty', async () => {
      const context = opened();
      const { endpoints, names, isDown } = context;
      names(['a:1']);
      endpoints.start();
      await pass(context, 0);
      isDown();
      for (let minutes = 0; minutes < 12; minutes++) await pass(context, 5_000);
      expect(await endpoints.pick()).toBe('a:1');

      names([]);
      await pass(context, 5_000);
      expect(await endpoints.pick()).toBe('a:1');
      await pass(context, 5_000);
      await pass(context, 5_000);

      expect(endpoints.missing()).not.toBeNull();
    });

    it('goes over to where the service has moved', async () => {
      const context = opened();
      const { endpoints, names, fails } = context;
      names(['a:1']);
      endpoints.start();
      await pass(context, 0);
      names(['b:1']);
      await pass(context, 5_000);
      fails('a:1', 'refused');

      expect(await endpoints.pick()).toBe('b:1');
      await pass(context, 5_000);
      expect(await context.picks(2)).toEqual(['b:1', 'b:1']);
    });
  });
});
