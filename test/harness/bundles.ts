import { execFile } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { ServiceName } from '#contracts';
import { afterAll, beforeAll } from 'vitest';

const run = promisify(execFile);
const script = new URL('../../dist/bin/bundle.js', import.meta.url).pathname;

/** Bundles of all services, outside of the repository, so that nothing there can help them. */
export class Bundles {
  private constructor(readonly folder: string) {}

  /** Bundles for all tests of a file. */
  static shared(): () => Bundles {
    let bundles: Bundles;
    beforeAll(async () => {
      bundles = new Bundles(await realpath(await mkdtemp(join(tmpdir(), 'node-micro-test-'))));
      await bundles.make();
    });
    afterAll(() => rm(bundles.folder, { recursive: true, force: true }));
    return () => bundles;
  }

  /** Makes them, as `npm run bundle` does after the build. @returns what it prints */
  async make(folder: string = this.folder): Promise<string> {
    const { stdout } = await run(process.execPath, [script, '--out', folder]);
    return stdout;
  }

  of(service: ServiceName): string {
    return join(this.folder, service);
  }

  /** The files of a service's bundle, relative to its folder, in order. */
  async filesOf(service: ServiceName): Promise<string[]> {
    const entries = await readdir(this.of(service), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.of(service), join(entry.parentPath, entry.name)))
      .sort();
  }
}
