import { Problem } from '../problem/problem.js';
import { parseRecipe } from './parse-recipe.js';
import { isName, picturesField } from './picture-files.js';
import { withPictureKeys, type PictureKeys } from './pictures-of-recipe.js';
import type { Recipe } from './recipe.js';

/** Recipes that can be asked for by name: the presets. */
export class RecipeBook {
  private constructor(
    /** As they were written: with the names of pictures. */
    private readonly recipes: ReadonlyMap<string, Recipe>,
    private readonly pictures: PictureKeys,
  ) {}

  /**
   * Reads a book from JSON: an object of named recipes. The first is the default.
   * @param pictures those that the recipes may draw, as they are declared beside them
   * @throws Problem `invalid-request` naming the place
   */
  static parse(value: unknown, pictures: PictureKeys = new Map()): RecipeBook {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const entries = isObject ? Object.entries(value).filter(([name]) => name !== picturesField) : [];
    if (entries.length === 0) throw new Problem('invalid-request', 'must be an object of at least one named recipe');
    const recipes = entries.map(([name, recipe]): [string, Recipe] => [
      checkedName(name),
      parseNamed(name, recipe, pictures),
    ]);
    return new RecipeBook(new Map(recipes), pictures);
  }

  /** The name of the recipe for uploads that ask for none. */
  get defaultName(): string {
    return this.names[0]!;
  }

  get names(): string[] {
    return [...this.recipes.keys()];
  }

  /** All recipes by name. */
  toJSON(): Record<string, Recipe> {
    return Object.fromEntries(this.recipes);
  }

  /**
   * The recipe that a client asks for: a preset's name, or a recipe as JSON; the default for nothing at all. It has the
   * keys of its pictures, and can be sent again as it is.
   * @throws Problem `invalid-request` naming the exact place and what is allowed there
   */
  resolve(asked: string | undefined): Recipe {
    const preset = this.recipes.get(asked ?? this.defaultName);
    if (preset) return withPictureKeys(preset, this.pictures);
    if (!asked!.trimStart().startsWith('{')) throw this.unknownName();
    return withPictureKeys(parseRecipe(parseJson(asked!)), this.pictures);
  }

  private unknownName(): Problem {
    const message = `must be the name of a preset (${this.names.join(', ')}) or a recipe as JSON`;
    return new Problem('invalid-request', `recipe: ${message}`, { errors: [{ field: 'recipe', message }] });
  }
}

function checkedName(name: string): string {
  if (isName(name)) return name;
  throw new Problem(
    'invalid-request',
    `${name}: a name must be 1 to 64 lower-case letters, digits and hyphens, with a letter first`,
  );
}

function parseNamed(name: string, recipe: unknown, pictures: PictureKeys): Recipe {
  try {
    const parsed = parseRecipe(recipe);
    withPictureKeys(parsed, pictures);
    return parsed;
  } catch (error) {
    throw Problem.is(error) ? new Problem(error.code, `${name}: ${error.detail}`) : error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = `is not valid JSON: ${(error as Error).message}`;
    throw new Problem('invalid-request', `recipe: ${message}`, { errors: [{ field: 'recipe', message }] });
  }
}
