import { outliveOutput, requireNode } from '#chassis/start';
import { LaunchError } from './launch-error.js';

/**
 * Runs what an npm script is there for, as soon as the Node version is known to be enough. A LaunchError is told in its
 * one line.
 * @param work loads what it needs; answers the exit code, or nothing when the process is to go on
 */
export async function command(work: () => Promise<number | void>): Promise<void> {
  requireNode();
  outliveOutput();
  try {
    const exitCode = await work();
    if (exitCode !== undefined) process.exit(exitCode);
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
