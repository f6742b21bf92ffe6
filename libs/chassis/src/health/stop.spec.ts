import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { call } from '../../test/call.js';
import { runningService } from '../../test/running-service.js';
import type { ProbeConfig } from '../../test/running-service.js';
import { Shutdown } from './shutdown.js';
import { StopController } from './stop.controller.js';

async function opened(config?: Partial<ProbeConfig>) {
  const { app, origin } = await runningService([], config);
  const begun = Promise.withResolvers<void>();
  const begin = vi.spyOn(app.get(Shutdown), 'begin').mockImplementation(() => begun.resolve());
  const stop = (headers: Record<string, string> = {}) => fetch(`${origin}/health/stop`, { method: 'POST', headers });
  return { app, begin, begun: begun.promise, stop };
}

describe('The stop route', () => {
  const token = 'a-token-for-the-tests';

  it('answers, and then begins the shutdown', async () => {
    const { stop, begun } = await opened({ token });

    const answer = await stop({ authorization: `Bearer ${token}` });

    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ status: 'stopping' });
    await begun;
  });

  it('wants the service token', async () => {
    const { stop, begin } = await opened({ token });

    expect((await stop()).status).toBe(401);
    expect(begin).not.toHaveBeenCalled();
  });

  it('hears only its own machine when there is no token', async () => {
    const { app, stop, begun, begin } = await opened({ insecure: true });
    const from = (remoteAddress: string) => () =>
      app.get(StopController, { strict: false }).stop({ socket: { remoteAddress }, headers: {} } as never, {} as never);

    for (const address of ['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1']) expect(from(address)).toThrow(/own machine only/);
    expect(begin).not.toHaveBeenCalled();

    expect((await stop()).status).toBe(202);
    await begun;
  });

  it('does not hear a browser on its own machine that was led there by a name of somebody else', async () => {
    const { app, begin } = await opened({ insecure: true });
    const { port } = app.getHttpServer().address() as AddressInfo;

    const headers = { Host: 'rebound.example' };
    expect((await call(`http://127.0.0.1:${port}/health/stop`, { method: 'POST', headers })).status).toBe(401);

    expect(begin).not.toHaveBeenCalled();
  });
});

describe('Shutdown', () => {
  it('runs those who listen for SIGTERM', () => {
    const others = process.listeners('SIGTERM');
    process.removeAllListeners('SIGTERM');
    const listener = vi.fn<NodeJS.SignalsListener>();
    process.once('SIGTERM', listener);

    new Shutdown().begin();

    expect(listener).toHaveBeenCalledOnce();
    for (const other of others) process.on('SIGTERM', other);
  });
});
