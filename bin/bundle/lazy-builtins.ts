import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'builtin';
const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/**
 * Loads Node's own modules where they are first used. As static imports they would be loaded before the first line of
 * the bundle runs, and on an older Node a missing one would end the process before its version is checked.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z:_/0-9]+$/ }, ({ path, kind }) => {
      const isBuiltin = path.startsWith('node:') || builtins.has(path);
      return isBuiltin && kind === 'import-statement' ? { path, namespace } : null;
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
