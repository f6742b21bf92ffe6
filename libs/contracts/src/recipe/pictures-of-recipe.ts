import { pictureKeyPattern } from '../file/file-key.js';
import type { FieldError } from '../problem/problem.js';
import type { Operation } from './operation.js';
import { recipeProblem } from './recipe-problem.js';
import type { OutputRecipe, Recipe } from './recipe.js';

/** The pictures that recipes may draw: their keys in the file store, by their names. */
export type PictureKeys = ReadonlyMap<string, string>;

/** The pictures that a recipe draws, by name or key as it has them, each once. */
export function picturesOf({ outputs }: Recipe): string[] {
  const operations = Object.values(outputs).flatMap((output) => output.operations);
  return [...new Set(operations.flatMap((operation) => pictureOf(operation) ?? []))];
}

/**
 * The same recipe, with the key of every picture in the place of its name: what the name stands for may change. A key
 * that is known stays as it is.
 * @throws Problem `invalid-request` with the exact place of every picture that is not known
 */
export function withPictureKeys(recipe: Recipe, keys: PictureKeys): Recipe {
  const errors: FieldError[] = [];
  const keyOf = (picture: string, field: string): string => {
    const key = keys.get(picture);
    if (key !== undefined) return key;
    if (pictureKeyPattern.test(picture) && [...keys.values()].includes(picture)) return picture;
    errors.push({ field, message: `is not a picture; ${allowedNames(keys)}` });
    return picture;
  };
  const outputs = Object.entries(recipe.outputs).map(([name, output]): [string, OutputRecipe] => {
    const operations = output.operations.map((operation, index) =>
      withPictureKey(operation, (picture) => keyOf(picture, `outputs.${name}.operations[${index}].composite.image`)),
    );
    return [name, { ...output, operations }];
  });
  if (errors.length > 0) throw recipeProblem(errors);
  return { outputs: Object.fromEntries(outputs) };
}

function withPictureKey(operation: Operation, keyOf: (picture: string) => string): Operation {
  const picture = pictureOf(operation);
  if (picture === undefined || !('composite' in operation)) return operation;
  return { composite: Object.assign({}, operation.composite, { image: keyOf(picture) }) };
}

function pictureOf(operation: Operation): string | undefined {
  return 'composite' in operation ? operation.composite.image : undefined;
}

function allowedNames(keys: PictureKeys): string {
  return keys.size > 0 ? `allowed are ${[...keys.keys()].join(', ')}` : 'none is declared';
}
