import type { System } from './system.js';

const processes = ['keyvaluestore', 'db', 'storage', 'master', 'worker-1', 'ui'];

/** The lines of all processes that tell of an error which nobody expected. */
export function loggedErrors(system: System): string[] {
  return processes.flatMap((name) => system.logs(name)).filter((line) => /"level":[56]0|^Error|^\s+at /.test(line));
}
