import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Processes of other people that want all the cores they can get. */
export class CoreBurners {
  private constructor(private readonly processes: ChildProcess[]) {}

  /** @param count one burns one core */
  static start(count: number): CoreBurners {
    // Each ends by itself, should nobody end it.
    const code = 'const end = Date.now() + 120_000; while (Date.now() < end);';
    return new CoreBurners(
      Array.from({ length: count }, () => spawn(process.execPath, ['-e', code], { stdio: 'ignore' })),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.processes.map(async (burner) => {
        const ended = once(burner, 'exit');
        if (burner.kill('SIGKILL')) await ended;
      }),
    );
  }
}
