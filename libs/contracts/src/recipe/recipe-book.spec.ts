import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pictureKey } from '../file/file-key.js';
import { pictureFilesIn } from './picture-files.js';
import { RecipeBook } from './recipe-book.js';

const negate = { outputs: { image: { operations: [{ negate: {} }], format: 'same' } } };
const small = { outputs: { small: { operations: [{ resize: { width: 9 } }], format: 'webp', quality: 50 } } };
const marked = (image: string): object => ({
  outputs: { a: { operations: [{ flip: {} }, { composite: { image, size: 0.2 } }], format: 'png' } },
});
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

describe('a recipe book with pictures', () => {
  const key = pictureKey('0'.repeat(64));
  const withPictures = RecipeBook.parse(
    { $pictures: { logo: 'logo.png', stamp: 'stamp.webp' }, negate, marked: marked('logo') },
    new Map([
      ['logo', key],
      ['stamp', pictureKey('1'.repeat(64))],
    ]),
  );

  it('gives recipes with their keys, so that a name that changes changes no task', () => {
    expect(withPictures.resolve('marked')).toEqual(marked(key));
    expect(withPictures.resolve(JSON.stringify(marked('logo')))).toEqual(marked(key));
  });

  it('takes a recipe again as it was given', () => {
    const given = withPictures.resolve('marked');
    expect(withPictures.resolve(JSON.stringify(given))).toEqual(given);
  });

  it('shows recipes with the names, and no pictures among them', () => {
    expect(withPictures.names).toEqual(['negate', 'marked']);
    expect(JSON.parse(JSON.stringify(withPictures))).toEqual({ negate, marked: marked('logo') });
  });

  it.each(['seal', pictureKey('2'.repeat(64)), 'constructor'])('refuses the picture %s, by its place', (image) => {
    const field = 'outputs.a.operations[1].composite.image';
    const message = 'is not a picture; allowed are logo, stamp';
    expect(() => withPictures.resolve(JSON.stringify(marked(image)))).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        detail: `${field}: ${message}`,
        extras: { errors: [{ field, message }] },
      }) as Error,
    );
  });

  it('refuses every picture when there are none', () => {
    expect(() => book.resolve(JSON.stringify(marked('logo')))).toThrow(
      'outputs.a.operations[1].composite.image: is not a picture; none is declared',
    );
  });

  it('cannot have a preset that draws an unknown picture', () => {
    expect(() => RecipeBook.parse({ negate, marked: marked('logo') })).toThrow(
      'marked: outputs.a.operations[1].composite.image: is not a picture; none is declared',
    );
  });

  it('needs a recipe beside the pictures', () => {
    expect(() => RecipeBook.parse({ $pictures: {} })).toThrow('must be an object of at least one named recipe');
  });
});

describe('the pictures of a file of recipes', () => {
  it('are paths by their names', () => {
    const declared = { $pictures: { logo: 'logo.png', 'logo-2': '../pictures/logo 2.webp' }, negate };
    expect([...pictureFilesIn(declared)]).toEqual(Object.entries(declared.$pictures));
    expect([...pictureFilesIn({ $pictures: {}, negate })]).toEqual([]);
    expect([...pictureFilesIn({ negate })]).toEqual([]);
  });

  it.each([
    ['a list', ['logo.png'], '$pictures: must be an object of the paths of pictures by their names'],
    ['null', null, '$pictures: must be an object of the paths of pictures by their names'],
    ['a wrong name', { 'My Logo': 'a.png' }, '$pictures.My Logo: a name must be 1 to 64 lower-case letters'],
    ['a key for a name', { [pictureKey('0'.repeat(64))]: 'a.png' }, 'a name must be 1 to 64 lower-case letters'],
    ['a number for a path', { logo: 1 }, '$pictures.logo: must be the path of a picture'],
    ['an empty path', { logo: '' }, '$pictures.logo: must be the path of a picture'],
    [
      'too many',
      Object.fromEntries(Array.from({ length: 101 }, (_, number) => [`a${number}`, 'a.png'])),
      '$pictures: must have at most 100 pictures',
    ],
  ])('cannot be %s', (_what, $pictures, detail) => {
    expect(() => pictureFilesIn({ $pictures, negate })).toThrow(detail);
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
