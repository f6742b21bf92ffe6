import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { System } from './system.js';

const shim = new URL('shifted-clock.mjs', import.meta.url);

/** What a system must have in its environment, for its clocks to be moved. */
export const movableClocks: NodeJS.ProcessEnv = { NODE_OPTIONS: `--import ${shim.href}` };

/**
 * Sets the wall clocks of some processes of a system, as seconds from the real one. Resolves when each has it; one that
 * is frozen has it when it is thawed. Who is started later has it, too.
 */
export async function setClocks(system: System, names: string[], offsetSeconds: number): Promise<void> {
  await writeFile(join(system.folder, 'clock-offset'), String(offsetSeconds));
  await Promise.all(
    names.map(async (name) => {
      const target = system.process(name);
      const from = target.lines.length;
      process.kill(target.pid, 'SIGUSR2');
      await target.line(/The clock is off by/, from);
    }),
  );
}
