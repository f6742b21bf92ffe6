import type { ServiceName } from '#contracts';
import { build } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.js';

/**
 * What a bundle may load and does not bring: packages that others look for and do without. Whatever else cannot be
 * found fails the build.
 */
const optionalPackages = ['@fastify/static', '@nestjs/microservices', '@nestjs/websockets', '@xmldom/xmldom'];

/** Packages were written as CommonJS, and sharp looks for its native part at run time: both want what ESM has not. */
const banner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const { filename: __filename, dirname: __dirname } = import.meta;`;

/** Makes one ES module of a compiled service and of everything that it imports. The same input gives the same bytes. */
export async function writeBundledFile(repository: string, service: ServiceName, file: string): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: [`dist/apps/${service}/src/main.js`],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Nest names providers by their classes; and what a stack trace says must mean something, so nothing is minified.
    keepNames: true,
    legalComments: 'eof',
    banner: { js: banner },
    external: optionalPackages,
    plugins: [lazyBuiltins],
    logLevel: 'error',
  });
}
