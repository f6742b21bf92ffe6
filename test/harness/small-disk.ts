import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hasTool } from './unikernel-packages.js';

const chunks = [256 * 1024, 4096, 512];

/** A disk of its own for one test, so small that it can be full: a tmpfs. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Why this machine mounts none; null when it does. */
  static readonly obstacle = obstacle();

  /**
   * Mounts one, and unmounts it when the test has ended, and after everything that the test starts later.
   * @param files how many files and folders it can have, with its root
   */
  static mount(megabytes: number, files?: number): SmallDisk {
    const folder = mount(megabytes, files);
    onTestFinished(() => unmount(folder));
    return new SmallDisk(folder);
  }

  /** All files on it, except the ballast. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && join(entry.parentPath, entry.name) !== this.ballast)
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  }

  /** Fills it to the last byte. */
  async fill(): Promise<void> {
    const file = await open(this.ballast, 'a');
    try {
      for (const bytes of chunks) {
        const chunk = Buffer.alloc(bytes);
        try {
          for (;;) await file.write(chunk);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    } finally {
      await file.close();
    }
  }

  /** Takes away again what filled it. */
  async free(): Promise<void> {
    await rm(this.ballast);
  }

  private get ballast(): string {
    return join(this.folder, 'ballast');
  }
}

function obstacle(): string | null {
  if (process.platform !== 'linux') return 'a tmpfs needs Linux';
  if (process.getuid?.() !== 0) return 'only root may mount a tmpfs';
  if (!hasTool('mount')) return 'there is no mount command';
  try {
    unmount(mount(1));
    return null;
  } catch {
    return 'this machine does not let root mount a tmpfs';
  }
}

function mount(megabytes: number, files?: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'node-micro-test-'));
  try {
    const options = `size=${megabytes}m${files === undefined ? '' : `,nr_inodes=${files}`}`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

function unmount(folder: string): void {
  try {
    execFileSync('umount', [folder], { stdio: 'pipe' });
  } catch {
    // Somebody is still in there; it goes when they do.
    execFileSync('umount', ['-l', folder], { stdio: 'pipe' });
  }
  rmSync(folder, { recursive: true });
}
