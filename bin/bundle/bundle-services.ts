import { cp, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { services, type ServiceName } from '#contracts';
import { writeBundledFile } from './bundled-file.js';
import { companionFiles } from './companion-files.js';

/** The root of the repository, seen from this file as compiled into `dist/bin/bundle`. */
const repository = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Makes a folder for each service, with all that it needs and nothing else: one bundled file, and the few files that
 * cannot be in it. Containers and unikernels are made from these folders.
 */
export async function bundleServices(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { out: { type: 'string', default: join(repository, 'dist/bundle') } },
  });
  const out = resolve(values.out);
  await rm(out, { recursive: true, force: true });
  const names = Object.keys(services) as ServiceName[];
  const sizes = await Promise.all(names.map((service) => bundleService(service, join(out, service))));
  process.stdout.write(`${'service'.padEnd(14)} files      MB\n`);
  for (const [index, { files, bytes }] of sizes.entries()) {
    const megabytes = (bytes / 1e6).toFixed(1).padStart(7);
    process.stdout.write(`${names[index]!.padEnd(14)} ${String(files).padStart(5)} ${megabytes}\n`);
  }
}

async function bundleService(service: ServiceName, folder: string): Promise<{ files: number; bytes: number }> {
  await writeBundledFile(repository, service, join(folder, 'main.mjs'));
  for (const { from, to } of companionFiles(repository, service)) {
    // As copies, links included: a container or a unikernel has nothing outside of this folder.
    const options = { recursive: true, dereference: true, filter: isNeeded };
    await cp(join(repository, from), join(folder, to), options);
  }
  return measure(folder);
}

/** Packages bring what only a compiler or a person reads. */
function isNeeded(path: string): boolean {
  return !/\/(glib-2\.0|README\.md|versions\.json)$/.test(path);
}

async function measure(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
