import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fontFile } from '../../apps/worker/src/image/operations/font.js';
import { coverageModule, coverageOf } from './font-coverage.js';

const module = new URL('../../libs/contracts/src/recipe/parameters/font-coverage.ts', import.meta.url);

it('What the recipes allow as a text is what the font has; if not, run "npm run font:coverage"', async () => {
  const ranges = coverageOf(await readFile(fontFile()));

  expect(ranges.length).toBeGreaterThan(10);
  expect(await readFile(module, 'utf8')).toBe(coverageModule(ranges));
});
