import { outputNamePattern } from '../file/file-key.js';
import { lostNames } from '../http/lost-names.js';
import type { FieldError } from '../problem/problem.js';
import { isObject, refuseOthers, type Complain } from './json-object.js';
import { readOutput } from './read-output.js';
import { recipeProblem } from './recipe-problem.js';
import { outputLimit, type Recipe } from './recipe.js';

/**
 * Reads a recipe from JSON that somebody else wrote. What is left out gets its default: no operations, format `same`.
 * @throws Problem `invalid-request` with the exact place of every error (of the first 20), and what is allowed there:
 * `outputs.thumb.operations[1].resize.width: must be a whole number from 1 to 16384`
 */
export function parseRecipe(value: unknown): Recipe {
  const errors: FieldError[] = [];
  const recipe = readRecipe(value, (field, message) => void errors.push({ field, message }));
  if (errors.length === 0) return recipe;
  throw recipeProblem(errors);
}

function readRecipe(value: unknown, complain: Complain): Recipe {
  const recipe: Recipe = { outputs: {} };
  if (!isObject(value)) complain('', 'a recipe must be an object with the key outputs');
  else {
    refuseOthers(value, ['outputs'], '', complain);
    const outputs = isObject(value.outputs) ? Object.entries(value.outputs) : [];
    if (outputs.length < 1 || outputs.length > outputLimit) {
      complain('outputs', `must be an object of 1 to ${outputLimit} named outputs`);
    } else {
      for (const [name, output] of outputs) {
        const field = `outputs.${name.slice(0, 100)}`;
        if (!outputNamePattern.test(name) || lostNames.includes(name)) {
          complain(
            field,
            'a name must be 1 to 64 lower-case letters, digits, hyphens and underscores, with a letter first',
          );
        } else {
          recipe.outputs[name] = readOutput(output, field, complain);
        }
      }
    }
  }
  return recipe;
}
