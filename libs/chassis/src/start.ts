import type { ServiceModule } from './bootstrap.js';
import { outliveOutput } from './logging/unwritable-output.js';
import { keepYoungGenerationSmall } from './young-generation.js';

export { outliveOutput };

const oldestNode = 24;

/**
 * Starts a service. Loads nothing before the Node version is known to be enough: on an older Node the first import of
 * `node:sqlite` or a package would stop with a stack trace instead of this one clear line.
 */
export async function start(load: () => Promise<ServiceModule>): Promise<void> {
  requireNode();
  outliveOutput();
  keepYoungGenerationSmall();
  const { bootstrap } = await import('./bootstrap.js');
  await bootstrap(await load());
}

/** Ends the process with one line when it runs on a Node that is too old. */
export function requireNode(version: string = process.versions.node): void {
  if (Number.parseInt(version) >= oldestNode) return;
  process.stderr.write(
    `node-micro needs Node.js ${oldestNode} or newer, and this is ${version}. ` +
      `Start it through npm ("npm start", "npx nest start <app>"): npm scripts run on the Node that "npm ci" installed.\n`,
  );
  process.exit(1);
}
