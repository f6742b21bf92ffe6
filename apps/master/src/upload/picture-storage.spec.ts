import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Problem, type Recipe } from '#contracts';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryFileStore } from '../../test/memory-file-store.js';
import { picture } from '../../test/pictures.js';
import { RecipesFile } from '../recipes-file.js';
import { PictureStorage } from './picture-storage.js';

const away = new Problem('service-unavailable', 'storage cannot be reached');

describe('PictureStorage', () => {
  let files: MemoryFileStore;
  let recipes: RecipesFile;
  let recipe: Recipe;
  let key: string;

  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'micro-recipes-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'logo.png'), picture('picture.png'));
    const path = join(folder, 'recipes.json');
    const marked = {
      outputs: { a: { operations: [{ composite: { image: 'logo' } }, { composite: { image: 'logo' } }] } },
    };
    writeFileSync(path, JSON.stringify({ $pictures: { logo: 'logo.png' }, marked }));
    files = new MemoryFileStore();
    recipes = RecipesFile.read(path);
    recipe = recipes.book.resolve('marked');
    [key] = recipes.pictures.keys() as Iterable<string> as [string];
  });

  afterEach(() => vi.restoreAllMocks());

  it('stores a picture once, however many tasks need it', async () => {
    const put = vi.spyOn(files, 'put');
    const storage = new PictureStorage(files, recipes);

    await Promise.all([storage.ensure(recipe), storage.ensure(recipe)]);
    await storage.ensure(recipe);

    expect(put).toHaveBeenCalledTimes(1);
    expect(await buffer((await files.open(key)).stream)).toEqual(picture('picture.png'));
  });

  it('asks storage for nothing when a recipe draws no picture', async () => {
    const put = vi.spyOn(files, 'put');

    await new PictureStorage(files, recipes).ensure({ outputs: { a: { operations: [{ flip: {} }], format: 'png' } } });

    expect(put).not.toHaveBeenCalled();
  });

  it('is content when another master was first', async () => {
    await new PictureStorage(files, recipes).ensure(recipe);

    await new PictureStorage(files, recipes).ensure(recipe);

    expect(files.keys).toEqual([key]);
  });

  it('does not take a picture for stored that another master is only about to store', async () => {
    vi.spyOn(files, 'put').mockRejectedValueOnce(new Problem('file-exists', 'There is a file already'));
    const storage = new PictureStorage(files, recipes);

    await expect(storage.ensure(recipe)).rejects.toMatchObject({ code: 'service-unavailable' });
    await storage.ensure(recipe);

    expect(files.keys).toEqual([key]);
  });

  it('tries again when it is asked again after storage was away', async () => {
    vi.spyOn(files, 'put').mockRejectedValueOnce(away);
    const storage = new PictureStorage(files, recipes);

    await expect(storage.ensure(recipe)).rejects.toBe(away);
    await storage.ensure(recipe);

    expect(files.keys).toEqual([key]);
  });
});
