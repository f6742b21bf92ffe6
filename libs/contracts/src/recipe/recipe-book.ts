import { Problem } from '../problem/problem.js';
import { parseRecipe } from './parse-recipe.js';
import type { Recipe } from './recipe.js';

/** Begins with a letter: JavaScript would put a name that is a number in front of the first, which is the default. */
const namePattern = /^[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Recipes that can be asked for by name: the presets. */
export class RecipeBook {
  private constructor(private readonly recipes: ReadonlyMap<string, Recipe>) {}

  /**
   * Reads a book from JSON: an object of named recipes. The first is the default.
   * @throws Problem `invalid-request` naming the place
   */
  static parse(value: unknown): RecipeBook {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const entries = isObject ? Object.entries(value) : [];
    if (entries.length === 0) throw new Problem('invalid-request', 'must be an object of at least one named recipe');
    return new RecipeBook(new Map(entries.map(([name, recipe]) => [checkedName(name), parseNamed(name, recipe)])));
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
   * The recipe that a client asks for: a preset's name, or a recipe as JSON; the default for nothing at all.
   * @throws Problem `invalid-request` naming the exact place and what is allowed there
   */
  resolve(asked: string | undefined): Recipe {
    if (asked === undefined) return this.recipes.get(this.defaultName)!;
    const preset = this.recipes.get(asked);
    if (preset) return preset;
    if (!asked.trimStart().startsWith('{')) throw this.unknownName();
    return parseRecipe(parseJson(asked));
  }

  private unknownName(): Problem {
    const message = `must be the name of a preset (${this.names.join(', ')}) or a recipe as JSON`;
    return new Problem('invalid-request', `recipe: ${message}`, { errors: [{ field: 'recipe', message }] });
  }
}

function checkedName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new Problem(
    'invalid-request',
    `${name}: a name must be 1 to 64 lower-case letters, digits and hyphens, with a letter first`,
  );
}

function parseNamed(name: string, recipe: unknown): Recipe {
  try {
    return parseRecipe(recipe);
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
