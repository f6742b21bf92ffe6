import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '#chassis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MasterConfig } from './config.js';
import { readRecipes } from './recipes-file.js';

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'micro-recipes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'recipes.json');
  writeFileSync(path, text);
  return path;
}

describe('readRecipes', () => {
  it('reads the recipes of this repository, negate first', () => {
    expect(readRecipes(new MasterConfig().recipesFile).defaultName).toBe('negate');
  });

  it('reads a file of the operator’s', () => {
    const book = readRecipes(fileOf('{"small": {"outputs": {"thumb": {"operations": [{"resize": {"width": 9}}]}}}}'));

    expect(book.names).toEqual(['small']);
    expect(book.resolve('small').outputs.thumb?.operations).toEqual([{ resize: { width: 9 } }]);
  });

  it.each([
    ['no JSON', '{"small": ', 'JSON'],
    ['no recipe at all', '{}', 'at least one named recipe'],
    ['a list', '[]', 'at least one named recipe'],
    ['a wrong name', '{"Small!": {"outputs": {"a": {}}}}', 'Small!'],
    [
      'an operation that is not there',
      '{"s": {"outputs": {"a": {"operations": [{"x": {}}]}}}}',
      'outputs.a.operations[0].x',
    ],
  ])('refuses a file of %s, naming the file and the place', (_, text, place) => {
    const path = fileOf(text);

    expect(() => readRecipes(path)).toThrow(ConfigError);
    expect(() => readRecipes(path)).toThrow(`MICRO_RECIPES must be a file of named recipes: ${path}: `);
    expect(() => readRecipes(path)).toThrow(place);
  });

  it('refuses a file that is not there', () => {
    expect(() => readRecipes('/nowhere/recipes.json')).toThrow(/^MICRO_RECIPES .*\/nowhere\/recipes\.json.*ENOENT/);
  });
});
