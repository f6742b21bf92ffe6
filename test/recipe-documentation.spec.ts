import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operationNames, parseRecipe, RecipeBook } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WorkerConfig } from '../apps/worker/src/config.js';
import { ImageProcessor } from '../apps/worker/src/image/image-processor.js';
import { withOptionTable } from '../bin/recipe-docs/option-table.js';
import { readWatermark } from '../apps/worker/src/image/operations/watermark.js';
import { logo } from '../bin/recipe-docs/logo.js';
import { examplesOf, picturesOf, withOperationSections } from '../bin/recipe-docs/operation-sections.js';
import { pixelsOf } from './harness/photo.js';

const root = new URL('..', import.meta.url).pathname;
const pictures = join(root, 'doc/recipes');
const page = await readFile(join(root, 'doc/recipes.md'), 'utf8');
const photo = join(pictures, 'source.jpg');
const watermarks = new Map([['logo', await readWatermark(await logo())]]);

/** Every example of the page that is JSON. */
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map((match) => JSON.parse(match[1]!) as object);
const recipes = examples.filter((example) => 'outputs' in example);
const operations = examples.filter((example) => operationNames.some((name) => name in example));

async function process(recipe: unknown): Promise<{ path: string; type: string; width: number }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const processor = new ImageProcessor(new WorkerConfig());
  return processor.process(photo, parseRecipe(recipe), folder, undefined, watermarks);
}

describe('doc/recipes.md', () => {
  it('has what npm run docs:recipes writes into it', () => {
    expect(withOptionTable(withOperationSections(page))).toBe(page);
  });

  it('has a section with a picture for every operation, in the order of the operations', () => {
    const sections = [...page.matchAll(/^### (\w+)$/gm)].map((match) => match[1]);
    expect(sections).toEqual(operationNames);
  });

  it('has a small picture of everything it shows, and no others', async () => {
    const files = operationNames.flatMap(picturesOf).map(({ name }) => `${name}.webp`);
    const expected = [...files, 'source.webp', 'source.jpg'].sort();
    expect((await readdir(pictures)).sort()).toEqual(expected);
    const sizes = await Promise.all(expected.map(async (name) => (await stat(join(pictures, name))).size));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(600_000);
    for (const file of files) {
      expect((await sharp(await readFile(join(pictures, file))).metadata()).format).toBe('webp');
    }
  });

  it.each(operationNames)('shows of %s what a worker makes today', async (name) => {
    for (const picture of picturesOf(name)) {
      const small = { resize: { width: 320, height: 214 } };
      const output = { operations: [small, ...picture.operations], format: 'webp', quality: 80 };
      const [made] = await process({ outputs: { picture: output } });
      const [now, shown] = [
        await pixelsOf(await readFile(made!.path)),
        await pixelsOf(await readFile(join(pictures, `${picture.name}.webp`))),
      ];
      expect(now.length).toBe(shown.length);
      const differences = now.map((value, at) => Math.abs(value - shown[at]!));
      expect(differences.reduce((sum, value) => sum + value, 0) / now.length).toBeLessThan(2);
    }
  });

  it('has examples of recipes and of every operation', () => {
    expect(recipes.length).toBeGreaterThan(4);
    expect(operations).toEqual(operationNames.flatMap(examplesOf));
  });

  it.each(recipes.map((recipe, index) => [index + 1, recipe] as const))(
    'has a recipe that works: number %i',
    async (_number, recipe) => {
      const made = await process(recipe);
      expect(made.map(({ type }) => type)).not.toContain(undefined);
      for (const { path, width } of made) expect((await sharp(path).metadata()).width).toBe(width);
    },
  );

  it('shows the answer that a wrong recipe really gets', () => {
    const shown = examples.find((example) => 'code' in example) as unknown as { detail: string; errors: object[] };
    const wrong = { outputs: { thumb: { operations: [{ resize: { width: 0 } }] } } };
    expect(() => parseRecipe(wrong)).toThrow(
      expect.objectContaining({ detail: shown.detail, extras: { errors: shown.errors } }) as Error,
    );
  });

  it('lists the presets of recipes.json', async () => {
    const book = RecipeBook.parse(JSON.parse(await readFile(join(root, 'recipes.json'), 'utf8')));
    const section = page.slice(page.indexOf('## Presets'), page.indexOf('## What happens'));
    expect([...section.matchAll(/^\| `([\w-]+)`/gm)].map((match) => match[1])).toEqual(book.names);
    for (const name of book.names) await process(book.resolve(name));
  });
});
