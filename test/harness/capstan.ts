import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { hasTool } from './unikernel-packages.js';

const run = promisify(execFile);
const module = 'github.com/cloudius-systems/capstan@latest';
const installMs = 60_000;
const commandMs = 60_000;

/** The real `capstan` command: the one on the path, or else installed as a Go module for these tests. */
export class Capstan {
  private constructor(
    private readonly command: string,
    /** Capstan's repository of packages and images. */
    readonly root: string,
  ) {}

  /** @returns the command, or why there is none */
  static async find(): Promise<Capstan | string> {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    afterAll(() => rm(folder, { recursive: true, force: true }));
    if (hasTool('capstan')) return new Capstan('capstan', folder);
    if (!hasTool('go')) return 'neither capstan nor Go is installed';
    try {
      const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' };
      await run('go', ['install', module], { env, timeout: installMs, cwd: folder });
    } catch (error) {
      const { stderr = '', killed } = error as { stderr?: string; killed?: boolean };
      return killed
        ? 'Go could not install it in time'
        : `Go could not install it: ${stderr.trim().split('\n').at(-1)?.trim()}`;
    }
    const command = join(folder, 'capstan');
    return existsSync(command) ? new Capstan(command, folder) : 'Go installed no command of that name';
  }

  /** Runs it in a package's folder. @returns everything that it printed, and its exit code */
  async run(folder: string, ...args: string[]): Promise<{ code: number; said: string }> {
    const env = { ...process.env, CAPSTAN_ROOT: this.root, HOME: this.root, CAPSTAN_DISABLE_KVM: 'true' };
    try {
      const { stdout, stderr } = await run(this.command, args, { env, cwd: folder, timeout: commandMs });
      return { code: 0, said: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, said: stdout + stderr };
    }
  }
}
