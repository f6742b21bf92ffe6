import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RecipeBook } from './recipe-book.js';

const negate = { outputs: { image: { operations: [{ negate: {} }], format: 'same' } } };
const small = { outputs: { small: { operations: [{ resize: { width: 9 } }], format: 'webp', quality: 50 } } };
const book = RecipeBook.parse({ negate, 'small-one': small });

describe('a recipe book', () => {
  it('gives a recipe by its name', () => {
    expect(book.resolve('small-one')).toEqual(small);
  });

  it('gives its first recipe to who asks for none', () => {
    expect(book.defaultName).toBe('negate');
    expect(book.resolve(undefined)).toEqual(negate);
  });

  it('reads a recipe that is given as JSON, with its defaults', () => {
    const read = { outputs: { a: { operations: [], format: 'same' } } };
    expect(book.resolve('{"outputs":{"a":{}}}')).toEqual(read);
    expect(book.resolve(' \n {"outputs":{"a":{}}} ')).toEqual(read);
  });

  it('can be listed', () => {
    expect(book.names).toEqual(['negate', 'small-one']);
    expect(JSON.parse(JSON.stringify(book))).toEqual({ negate, 'small-one': small });
  });

  const refused: [string, string, string][] = [
    ['sparkle', 'recipe', 'must be the name of a preset (negate, small-one) or a recipe as JSON'],
    ['', 'recipe', 'must be the name of a preset (negate, small-one) or a recipe as JSON'],
    ['Negate', 'recipe', 'must be the name of a preset (negate, small-one) or a recipe as JSON'],
    ['__proto__', 'recipe', 'must be the name of a preset (negate, small-one) or a recipe as JSON'],
    ['[]', 'recipe', 'must be the name of a preset (negate, small-one) or a recipe as JSON'],
    ['{"outputs":{}}', 'outputs', 'must be an object of 1 to 20 named outputs'],
  ];
  it.each(refused)('refuses %j', (asked, field, message) => {
    expect(() => book.resolve(asked)).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        detail: `${field}: ${message}`,
        extras: { errors: [{ field, message }] },
      }) as Error,
    );
  });

  it('refuses what is no JSON, and says where it breaks off', () => {
    expect(() => book.resolve('{"outputs":')).toThrow(/^invalid-request: recipe: is not valid JSON: .*end of JSON/);
  });
});

describe('a file of recipes', () => {
  it.each([
    ['a text', 'negate', 'must be an object of at least one named recipe'],
    ['null', null, 'must be an object of at least one named recipe'],
    ['empty', {}, 'must be an object of at least one named recipe'],
    ['a list', [negate], 'must be an object of at least one named recipe'],
    ['a name in capitals', { Negate: negate }, 'Negate: a name must be 1 to 64 lower-case letters'],
    ['a name that JSON would put first', { negate, 7: negate }, '7: a name must be 1 to 64 lower-case letters'],
    ['a name that looks like JSON', { '{}': negate }, '{}: a name must be'],
    [
      'a wrong recipe',
      { negate, bad: { outputs: { a: { format: 'bmp' } } } },
      'bad: outputs.a.format: must be one of same',
    ],
  ])('cannot be %s', (_what, value, detail) => {
    expect(() => RecipeBook.parse(value)).toThrow(detail);
  });

  it('stands at the root of the repository, and begins with negate', () => {
    const file = readFileSync(new URL('../../../../recipes.json', import.meta.url), 'utf8');
    const shipped = RecipeBook.parse(JSON.parse(file));
    expect(shipped.defaultName).toBe('negate');
    expect(shipped.resolve(undefined)).toEqual(negate);
  });
});
