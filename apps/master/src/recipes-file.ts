import { readFileSync } from 'node:fs';
import { ConfigError } from '#chassis';
import { RecipeBook } from '#contracts';

/** Reads the presets once, at start. @throws ConfigError naming the file and the place in it */
export function readRecipes(path: string): RecipeBook {
  try {
    return RecipeBook.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new ConfigError(`MICRO_RECIPES must be a file of named recipes: ${path}: ${(error as Error).message}`);
  }
}
