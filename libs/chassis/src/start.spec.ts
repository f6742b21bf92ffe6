import { describe, expect, it, vi } from 'vitest';
import { requireNode, start } from './start.js';

/** Runs something that may end the process. Answers its exit code and what it wrote, or null when it went on. */
async function ending(run: () => unknown): Promise<{ code: unknown; said: string } | null> {
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await run();
    return null;
  } catch {
    return { code: exit.mock.calls[0]?.[0], said: write.mock.calls.map(([text]) => String(text)).join('') };
  } finally {
    vi.restoreAllMocks();
  }
}

describe('requireNode', () => {
  it('is content with Node 24 or newer', async () => {
    for (const version of ['24.0.0', '24.21.0', '25.1.0', '100.0.0']) {
      expect(await ending(() => requireNode(version))).toBeNull();
    }
    expect(await ending(() => requireNode())).toBeNull();
  });

  it('ends the process with one line on an older Node', async () => {
    for (const version of ['20.19.4', '22.0.0', '23.11.1', '8.0.0']) {
      const end = await ending(() => requireNode(version));
      expect(end?.code).toBe(1);
      expect(end?.said).toContain(`node-micro needs Node.js 24 or newer, and this is ${version}.`);
      expect(end?.said.trimEnd()).not.toContain('\n');
    }
  });
});

describe('start', () => {
  it('says in one line that the configuration is wrong, and exits with 1', async () => {
    const { Module } = await import('@nestjs/common');
    const { ConfigError } = await import('./config/config-error.js');
    class AppModule {}
    const useFactory = (): never => {
      throw new ConfigError('MICRO_X must be y');
    };
    Module({ providers: [{ provide: 'config', useFactory }] })(AppModule);

    const end = await ending(() => start(async () => ({ AppModule })));

    expect(end).toEqual({ code: 1, said: 'Configuration error: MICRO_X must be y\n' });
  });
});
