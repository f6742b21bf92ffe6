import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '#chassis';
import { pictureKey } from '#contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { picture, pngOfSize } from '../test/pictures.js';
import { MasterConfig } from './config.js';
import { RecipesFile } from './recipes-file.js';

/** A file of recipes in a folder of its own, with other files beside it. */
function fileOf(text: string, beside: Record<string, Buffer> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'micro-recipes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, bytes] of Object.entries(beside)) writeFileSync(join(folder, name), bytes);
  mkdirSync(join(folder, 'folder'));
  const path = join(folder, 'recipes.json');
  writeFileSync(path, text);
  return path;
}

const declaring = (file: string): string =>
  JSON.stringify({
    $pictures: { logo: file },
    marked: { outputs: { a: { operations: [{ composite: { image: 'logo' } }] } } },
  });

describe('RecipesFile', () => {
  it('reads the recipes of this repository, negate first', () => {
    const { book, pictures } = RecipesFile.read(new MasterConfig().recipesFile);

    expect(book.defaultName).toBe('negate');
    expect(pictures.size).toBe(0);
  });

  it('reads a file of the operator’s', () => {
    const text = '{"small": {"outputs": {"thumb": {"operations": [{"resize": {"width": 9}}]}}}}';
    const { book } = RecipesFile.read(fileOf(text));

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
    [
      'a preset that draws an unknown picture',
      '{"s": {"outputs": {"a": {"operations": [{"composite": {"image": "logo"}}]}}}}',
      's: outputs.a.operations[0].composite.image: is not a picture; none is declared',
    ],
  ])('refuses a file of %s, naming the file and the place', (_, text, place) => {
    const path = fileOf(text);

    expect(() => RecipesFile.read(path)).toThrow(ConfigError);
    expect(() => RecipesFile.read(path)).toThrow(`MICRO_RECIPES must be a file of named recipes: ${path}: `);
    expect(() => RecipesFile.read(path)).toThrow(place);
  });

  it('refuses a file that is not there', () => {
    expect(() => RecipesFile.read('/nowhere/recipes.json')).toThrow(
      /^MICRO_RECIPES .*\/nowhere\/recipes\.json.*ENOENT/,
    );
  });
});

describe('The pictures of a recipes file', () => {
  it.each(['picture.png', 'picture.webp', 'picture.jpg'])('are read from beside it, by content: %s', (name) => {
    const bytes = picture(name);
    const { book, pictures } = RecipesFile.read(fileOf(declaring('logo'), { logo: bytes }));

    const key = pictureKey(createHash('sha256').update(bytes).digest('hex'));
    expect([...pictures]).toEqual([[key, bytes]]);
    expect(book.resolve('marked').outputs.a!.operations).toEqual([{ composite: { image: key } }]);
  });

  it('are one when two names have the same bytes', () => {
    const text = JSON.stringify({ $pictures: { one: 'a.png', two: './b.png' }, plain: { outputs: { a: {} } } });
    const bytes = picture('picture.png');

    expect(RecipesFile.read(fileOf(text, { 'a.png': bytes, 'b.png': bytes })).pictures.size).toBe(1);
  });

  const header = picture('picture.png').subarray(0, 33);
  const ofSize = (width: number, height: number): Buffer => {
    const png = Buffer.from(header);
    png.writeUInt32BE(width, 16);
    png.writeUInt32BE(height, 20);
    return png;
  };

  it('may have 1 MB and 4 megapixels', () => {
    const largest = pngOfSize(1024 ** 2);

    expect(largest.length).toBe(1024 ** 2);
    expect(RecipesFile.read(fileOf(declaring('a'), { a: largest })).pictures.size).toBe(1);
    expect(RecipesFile.read(fileOf(declaring('a'), { a: ofSize(4000, 1000) })).pictures.size).toBe(1);
  });

  it.each<[string, string, Buffer, RegExp]>([
    ['is not there', 'other.png', picture('picture.png'), /ENOENT.*other\.png/],
    ['is a folder', 'folder', picture('picture.png'), /folder is not a file$/],
    ['is a GIF', 'logo.png', picture('picture.gif'), /logo\.png is not a PNG, WebP or JPEG$/],
    [
      'is an SVG',
      'logo.png',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /is not a PNG/,
    ],
    ['is empty', 'logo.png', Buffer.alloc(0), /is not a PNG, WebP or JPEG$/],
    ['is cut off in its header', 'logo.png', picture('picture.jpg').subarray(0, 20), /is not a PNG, WebP or JPEG$/],
    ['has too many bytes', 'logo.png', pngOfSize(1024 ** 2 + 1), /has \d+ bytes; at most 1048576 are allowed$/],
    ['has too many pixels', 'logo.png', ofSize(4001, 1000), /has 4001 × 1000 pixels; at most 4000000 are allowed$/],
    ['has no pixels', 'logo.png', ofSize(0, 10), /says of itself that it has no pixels$/],
  ])('stop master when one %s', (_, name, bytes, message) => {
    const path = fileOf(declaring(name), { 'logo.png': bytes });

    expect(() => RecipesFile.read(path)).toThrow(ConfigError);
    expect(() => RecipesFile.read(path)).toThrow(
      `MICRO_RECIPES must be a file of named recipes: ${path}: $pictures.logo: `,
    );
    expect(() => RecipesFile.read(path)).toThrow(message);
  });
});
