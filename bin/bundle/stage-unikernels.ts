import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { services, type ServiceName } from '#contracts';
import { stageNode, StagingError } from './node-package.js';
import { stageUnikernel } from './unikernel-package.js';

/** The root of the repository, seen from this file as compiled into `dist/bin/bundle`. */
const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Makes, of the bundles, the Capstan packages: one of each service, and one of Node. */
async function stageUnikernels(bundles: string, folder: string, nameserver?: string): Promise<void> {
  const native = join(bundles, 'worker/node_modules/@img');
  if (!existsSync(native)) throw new StagingError(`There are no bundles in ${bundles}: run "npm run bundle" first.`);
  if (!existsSync(join(native, 'sharp-linux-x64'))) {
    throw new StagingError('The bundle of worker has no sharp for Linux on x86-64 with glibc: run "npm ci" there.');
  }
  await rm(folder, { recursive: true, force: true });
  await stageNode(join(folder, 'node'), native);
  for (const service of Object.keys(services) as ServiceName[]) {
    await stageUnikernel(repository, service, join(bundles, service), join(folder, service), nameserver);
  }
}

try {
  const { OSV_BUNDLES = 'dist/bundle', OSV_FOLDER = 'dist/osv', OSV_NAMESERVER } = process.env;
  await stageUnikernels(resolve(repository, OSV_BUNDLES), resolve(repository, OSV_FOLDER), OSV_NAMESERVER);
} catch (error) {
  if (!(error instanceof StagingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
