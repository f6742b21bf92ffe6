import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '#chassis';
import { pictureFilesIn, pictureKey, picturesField, RecipeBook } from '#contracts';
import { readPictureFile } from './picture-file.js';

/** The operator's file of recipes, read once at start, with the pictures that it declares. */
export class RecipesFile {
  private constructor(
    readonly book: RecipeBook,
    /** The bytes of the pictures that recipes may draw, by their keys in the file store. */
    readonly pictures: ReadonlyMap<string, Buffer>,
  ) {}

  /** @throws ConfigError naming the file and the place in it */
  static read(path: string): RecipesFile {
    try {
      const recipes = JSON.parse(readFileSync(path, 'utf8')) as unknown;
      const pictures = new Map<string, Buffer>();
      const keys = new Map<string, string>();
      for (const [name, file] of pictureFilesIn(recipes)) {
        const bytes = readPicture(name, resolve(dirname(path), file));
        const key = pictureKey(createHash('sha256').update(bytes).digest('hex'));
        pictures.set(key, bytes);
        keys.set(name, key);
      }
      return new RecipesFile(RecipeBook.parse(recipes, keys), pictures);
    } catch (error) {
      throw new ConfigError(`MICRO_RECIPES must be a file of named recipes: ${path}: ${(error as Error).message}`);
    }
  }
}

function readPicture(name: string, path: string): Buffer {
  try {
    return readPictureFile(path);
  } catch (error) {
    throw new Error(`${picturesField}.${name}: ${(error as Error).message}`, { cause: error });
  }
}
