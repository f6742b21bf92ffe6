import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one under the same number. */
export interface ProcessMark {
  pid: number;
  /** When it started, as its operating system tells it; says nothing but that two processes are the same. */
  started: string;
}

/** The mark of a running process; null when there is none under this number. */
export function markOf(pid: number): ProcessMark | null {
  const started = process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid);
  return started === null ? null : { pid, started };
}

/** Whether this very process still runs. One that has ended, and waits for its parent to notice, does not. */
export function isRunning({ pid, started }: ProcessMark): boolean {
  return markOf(pid)?.started === started;
}

/** Ticks since the boot, and which boot that was: another one may give the same number at the same tick. */
function startOnLinux(pid: number): string | null {
  const stat = contentOf(`/proc/${pid}/stat`);
  // The name of the program comes before, in parentheses, and may hold anything.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = rest[18];
  if (!ticks || state === 'Z') return null;
  return `${ticks} ${contentOf('/proc/sys/kernel/random/boot_id').trim()}`;
}

function startByPs(pid: number): string | null {
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'state=', '-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split(/\s+/);
    return state?.startsWith('Z') || started.length === 0 ? null : started.join(' ');
  } catch {
    return null;
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
