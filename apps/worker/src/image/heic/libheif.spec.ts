import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { findLibheif } from './libheif.js';

it('libheif-js is found where it is installed, and not elsewhere', () => {
  expect(findLibheif()).toMatch(/node_modules\/libheif-js\/wasm-bundle\.js$/);
  expect(findLibheif(join(tmpdir(), 'main.mjs'))).toBeNull();
});
