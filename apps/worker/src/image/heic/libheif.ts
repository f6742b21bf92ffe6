import { createRequire } from 'node:module';

/**
 * Where the package libheif-js is installed, for `require`; null where it is not. It is no dependency of ours: an
 * operator who wants HEIC installs it.
 * @param from the file that looks for it, in the folders `node_modules` above it
 */
export function findLibheif(from: string | URL = import.meta.url): string | null {
  try {
    // The build that is one file, with its WebAssembly inside.
    return createRequire(from).resolve('libheif-js/wasm-bundle');
  } catch {
    return null;
  }
}
