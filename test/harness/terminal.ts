import { RunningProcess } from './running-process.js';
import { hasTool } from './unikernel-packages.js';

/** Why this machine can make no terminals; null when it can. */
export const terminalObstacle =
  process.platform === 'linux' && hasTool('script') ? null : 'needs script(1) of util-linux';

/** Runs a command in a terminal of its own. To kill the process is to close the terminal, and what is typed reaches it. */
export function inTerminal(command: string, env: NodeJS.ProcessEnv, folder?: string): RunningProcess {
  const options = ['--quiet', '--return', '--command', command, '/dev/null'];
  return new RunningProcess('terminal', 'script', options, { ...env, SHELL: '/bin/sh' }, { takesInput: true, folder });
}
