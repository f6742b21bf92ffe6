import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const bin = new URL('../../node_modules/.bin', import.meta.url).pathname;

export interface RunningProcessOptions {
  /** A process that starts others ends them with itself only when they are signalled together. */
  ownGroup?: boolean;
  takesInput?: boolean;
  /** Where it runs. */
  folder?: string;
}

/** A real child process whose output lines can be waited for. */
export class RunningProcess {
  readonly lines: string[] = [];
  private readonly watchers = new Set<() => void>();
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  constructor(
    readonly name: string,
    command: string,
    args: string[],
    env: NodeJS.ProcessEnv = {},
    private readonly options: RunningProcessOptions = {},
  ) {
    this.child = spawn(command, args, {
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, ...env },
      stdio: [options.takesInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: options.ownGroup,
      cwd: options.folder,
    });
    this.closed = once(this.child, 'close').then(() => this.notify());
    for (const output of [this.child.stdout!, this.child.stderr!]) {
      createInterface({ input: output }).on('line', (line) => {
        this.lines.push(line);
        this.notify();
      });
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The first match among the lines, from line `from` on, as soon as there is one. */
  async line(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.lines.slice(from)) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      if (this.hasEnded) throw new Error(`${this.name} ended without ${pattern}:\n${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.watchers.delete(watcher);
          resolve();
        };
        this.watchers.add(watcher);
      });
    }
  }

  /** `host:port` of the service that runs in it, as soon as it says that it listens. */
  async endpoint(): Promise<string> {
    const [, port] = await this.line(/is listening on (\d+)/);
    return `127.0.0.1:${port}`;
  }

  /** Whether the service that runs in it has said that it listens there. */
  listensOn(endpoint: string): boolean {
    const port = endpoint.split(':').at(-1);
    return !this.hasEnded && this.lines.some((line) => new RegExp(`is listening on ${port}\\b`).test(line));
  }

  /** Gives it input. */
  type(text: string): void {
    this.child.stdin!.write(text);
  }

  /** Reads no more of what it writes, as `head` does when it has its lines. */
  stopReading(): void {
    this.child.stdout!.destroy();
    this.child.stderr!.destroy();
  }

  /** Stops the process in its tracks, as a suspended machine would, until `thaw`. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends the process by a signal. Resolves once it is gone, with its exit code. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (!this.hasEnded) {
      if (this.options.ownGroup) process.kill(-this.child.pid!, signal);
      else this.child.kill(signal);
    }
    await this.closed;
    return this.exitCode;
  }

  /** Resolves once the process has ended by itself. */
  async ended(): Promise<number | null> {
    await this.closed;
    return this.exitCode;
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher();
  }
}
