import { Listening, Readiness, ServiceIdentity, type ServiceConfig } from '#chassis';
import { Registration, RegistryClient } from '#registry';
import { create as createAxios } from 'axios';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { KeyvaluestoreConfig } from './config.js';
import { runningRegistry } from '../test/running-registry.js';

const renewMs = 5_000;
const retryMs = 1_000;
const address = { address: '127.0.0.1', family: 'IPv4', port: 8001 };

/** A service's real registration at the registry; db, as far as the registry can see. */
function registrationOfDb(endpoint: string, config: Partial<ServiceConfig> = {}) {
  const client = new RegistryClient(endpoint, createAxios(), null);
  const register = vi.spyOn(client, 'register');
  const readiness = new Readiness();
  const listening = new Listening();
  const settings = Object.assign(new KeyvaluestoreConfig(), config);
  const registration = new Registration(client, new ServiceIdentity('db'), settings, listening, readiness);
  onTestFinished(() => registration.beforeApplicationShutdown());
  const [[, missing]] = readiness.all() as [[string, () => string | null]];
  return {
    client,
    registration,
    listening,
    missing,
    /** Waits until it was tried this often to register. */
    tried: async (times: number): Promise<void> => {
      await vi.waitFor(() =>
        expect(register.mock.settledResults.filter(({ type }) => type !== 'incomplete')).toHaveLength(times),
      );
    },
    times: () => register.mock.calls.length,
    /** Holds the next registration up until it is let through. */
    holdUp: (): { arrive: () => void } => {
      const gate = Promise.withResolvers<void>();
      const send = RegistryClient.prototype.register.bind(client);
      register.mockImplementationOnce(async (...asked) => {
        await gate.promise;
        await send(...asked);
      });
      return { arrive: gate.resolve };
    },
  };
}

describe('A registration', () => {
  // Only what the registration waits by: sockets and the registry go on in real time.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('begins once the service listens', async () => {
    const registry = await runningRegistry();
    const db = registrationOfDb(registry.endpoint);
    db.registration.onApplicationBootstrap();
    expect(db.missing()).toBe('not registered yet');
    expect(await db.client.lookup('dbendpoint')).toEqual([]);

    db.listening.begin(address);
    await db.tried(1);

    expect(await db.client.lookup('dbendpoint')).toEqual([{ value: '127.0.0.1:8001', expiresInMs: 15_000 }]);
    expect(db.missing()).toBeNull();
  });

  it('is known under the endpoint that the operator chose', async () => {
    const registry = await runningRegistry();
    const db = registrationOfDb(registry.endpoint, { advertise: 'db.example:9000' });
    db.registration.onApplicationBootstrap();
    db.listening.begin(address);
    await db.tried(1);

    expect(await db.client.lookup('dbendpoint')).toMatchObject([{ value: 'db.example:9000' }]);
  });

  it('fills a registry that was restarted after one renewal', async () => {
    const registry = await runningRegistry();
    const db = registrationOfDb(registry.endpoint);
    db.registration.onApplicationBootstrap();
    db.listening.begin(address);
    await db.tried(1);
    await registry.close();
    await runningRegistry({ port: registry.port });
    expect(await db.client.lookup('dbendpoint')).toEqual([]);

    vi.advanceTimersByTime(renewMs);
    await db.tried(2);

    expect(await db.client.lookup('dbendpoint')).toMatchObject([{ value: '127.0.0.1:8001' }]);
  });

  it('waits for a registry that is not there yet', async () => {
    const registry = await runningRegistry();
    await registry.close();
    const db = registrationOfDb(registry.endpoint);
    db.registration.onApplicationBootstrap();
    db.listening.begin(address);
    await db.tried(1);
    expect(db.missing()).toBe('not registered yet');
    await runningRegistry({ port: registry.port });

    vi.advanceTimersByTime(retryMs);
    await db.tried(2);

    expect(await db.client.lookup('dbendpoint')).toMatchObject([{ value: '127.0.0.1:8001' }]);
    await vi.waitFor(() => expect(db.missing()).toBeNull());
  });

  it('ends when the service stops, and is not renewed any more', async () => {
    const registry = await runningRegistry();
    const db = registrationOfDb(registry.endpoint);
    db.registration.onApplicationBootstrap();
    db.listening.begin(address);
    await db.tried(1);

    await db.registration.beforeApplicationShutdown();
    vi.advanceTimersByTime(10 * renewMs);

    expect(await db.client.lookup('dbendpoint')).toEqual([]);
    expect(db.times()).toBe(1);
  });

  it('ends too when the service stops while it is being made', async () => {
    const registry = await runningRegistry();
    const db = registrationOfDb(registry.endpoint);
    const onItsWay = db.holdUp();
    db.registration.onApplicationBootstrap();
    db.listening.begin(address);
    await vi.waitFor(() => expect(db.times()).toBe(1));

    const stopped = db.registration.beforeApplicationShutdown();
    onItsWay.arrive();
    await stopped;
    await db.tried(1);

    expect(await db.client.lookup('dbendpoint')).toEqual([]);
  });

  it('does not hold up a shutdown when the registry is gone', async () => {
    const registry = await runningRegistry();
    const db = registrationOfDb(registry.endpoint);
    db.registration.onApplicationBootstrap();
    db.listening.begin(address);
    await db.tried(1);
    await registry.close();

    await db.registration.beforeApplicationShutdown();
  });
});
