import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import type { Bundles } from './bundles.js';
import { repository } from './manifests.js';

const run = promisify(execFile);

/** What this machine lacks to make unikernels' packages; null when it can. */
export const stagingObstacle =
  process.platform === 'linux' && process.arch === 'x64' && existsSync('/lib64/ld-linux-x86-64.so.2')
    ? (['bash', 'strip', 'ldd'].find((tool) => !hasTool(tool)) ?? null)
    : 'Linux on x86-64 with glibc';

export function hasTool(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** The Capstan packages as `bin/osv-stage.sh` makes them, in a folder of their own. */
export class UnikernelPackages {
  private constructor(readonly folder: string) {}

  static shared(bundles: () => Bundles): () => UnikernelPackages {
    let packages: UnikernelPackages | undefined;
    beforeAll(async () => {
      if (stagingObstacle !== null) return;
      packages = new UnikernelPackages(await mkdtemp(join(tmpdir(), 'node-micro-test-')));
      const env = { ...process.env, OSV_BUNDLES: bundles().folder, OSV_FOLDER: packages.folder };
      await run(join(repository, 'bin/osv-stage.sh'), [], { env: { ...env, OSV_NAMESERVER: '10.96.0.10' } });
    });
    afterAll(async () => {
      if (packages) await rm(packages.folder, { recursive: true });
    });
    return () => packages!;
  }

  of(name: string): string {
    return join(this.folder, name);
  }

  /** The files of a package as they stand in the image, from `/` on. */
  async filesOf(name: string): Promise<string[]> {
    const entries = await readdir(this.of(name), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => `/${relative(this.of(name), join(entry.parentPath, entry.name))}`)
      .sort();
  }
}
