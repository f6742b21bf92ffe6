import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { RunningProcess } from './running-process.js';

const run = promisify(execFile);
const sampleMs = 50;

/** What a process has taken of the machine's memory, in MB, and the most that it ever took where the system says so. */
interface Resident {
  now: number;
  highest: number;
}

/** Watches the resident memory of processes, from what they hold at rest to their peak. */
export class MemoryWatch {
  private readonly rest = new Map<string, number>();
  private readonly peak = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private sampling: Promise<void> = Promise.resolve();

  private constructor(private readonly processes: RunningProcess[]) {
    this.timer = setInterval(() => {
      this.sampling = this.sample();
    }, sampleMs);
  }

  static async start(processes: RunningProcess[]): Promise<MemoryWatch> {
    const watch = new MemoryWatch(processes);
    for (const { name, pid } of processes) watch.rest.set(name, (await residentMb(pid)).now);
    return watch;
  }

  /** How much each process grew at its peak, by name, in MB. */
  async stop(): Promise<{ name: string; restMb: number; growthMb: number }[]> {
    clearInterval(this.timer);
    await this.sampling;
    await this.sample();
    return this.processes.map(({ name }) => {
      const restMb = this.rest.get(name)!;
      return { name, restMb, growthMb: this.peak.get(name)! - restMb };
    });
  }

  private async sample(): Promise<void> {
    for (const { name, pid } of this.processes) {
      const { now, highest } = await residentMb(pid);
      this.peak.set(name, Math.max(this.peak.get(name) ?? 0, now, highest));
    }
  }
}

/** From /proc where there is one, and else from `ps`, which knows of no highest. */
async function residentMb(pid: number): Promise<Resident> {
  if (process.platform !== 'linux') {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
    return { now: Number(stdout) / 1024, highest: 0 };
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]) / 1024;
  return { now: field('VmRSS'), highest: field('VmHWM') };
}
