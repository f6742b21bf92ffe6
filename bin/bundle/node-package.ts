import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

const run = promisify(execFile);
const linker = '/lib64/ld-linux-x86-64.so.2';
const libraryFolder = 'lib/x86_64-linux-gnu';

/** What stands in the way of making a unikernel on this machine; the message says what to do. */
export class StagingError extends Error {
  override name = 'StagingError';
}

/**
 * Makes the Capstan package of Node itself: the binary of the Node that runs this, without its symbols, the dynamic
 * linker that starts it, and the shared libraries that it and the given native parts load.
 */
export async function stageNode(folder: string, nativeFolder: string): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64' || process.report.getReport === undefined) {
    throw new StagingError('Unikernels are made on Linux on x86-64: they take Node and its libraries from there.');
  }
  await rm(folder, { recursive: true, force: true });
  for (const name of ['meta', 'lib64', libraryFolder]) await mkdir(join(folder, name), { recursive: true });
  const node = join(folder, 'node');
  await cp(process.execPath, node, { dereference: true });
  await tool('strip', ['--strip-all', node], 'binutils');
  await cp(linker, join(folder, linker), { dereference: true });
  for (const [name, path] of await sharedLibraries([process.execPath, ...(await nativeParts(nativeFolder))])) {
    await cp(path, join(folder, libraryFolder, name), { dereference: true });
  }
  const manifest = {
    name: 'node-micro.node',
    title: `Node.js ${process.versions.node}`,
    author: 'node-micro',
    version: process.versions.node,
  };
  await writeFile(join(folder, 'meta/package.yaml'), stringify(manifest));
}

/** The libraries of the system that some binaries load: the name by which each is asked for, and its path. */
async function sharedLibraries(binaries: string[]): Promise<Map<string, string>> {
  const libraries = new Map<string, string>();
  for (const binary of binaries) {
    for (const [, name, path] of (await tool('ldd', [binary], 'libc-bin')).matchAll(/^\s*(\S+) => (\/\S+) \(/gm)) {
      // What lies beside the binary goes where the binary goes.
      if (!path!.startsWith(dirname(dirname(dirname(binary))))) libraries.set(name!, path!);
    }
  }
  if (!libraries.has('libc.so.6'))
    throw new StagingError(`${process.execPath} is no Node for glibc: "npm ci" has one.`);
  return libraries;
}

async function nativeParts(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((name) => /\.(node|so\.[\d.]+)$/.test(name)).map((name) => join(folder, name));
}

async function tool(command: string, args: string[], debianPackage: string): Promise<string> {
  try {
    return (await run(command, args)).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new StagingError(`${command} is not installed: on Debian it is in the package ${debianPackage}.`);
  }
}
