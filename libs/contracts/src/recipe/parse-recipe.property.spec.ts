import { validRecipe } from '#suites/recipe.arbitrary';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { expect, it } from 'vitest';
import { Problem } from '../problem/problem.js';
import { operationEntry, operationNames, operationParameters, type OperationName } from './operation.js';
import { parseRecipe } from './parse-recipe.js';
import { outputOptionNames } from './output-options.js';
import { parameterRules } from './parameters/parameter.js';
import type { OutputRecipe, Recipe } from './recipe.js';

interface Mistake {
  recipe: unknown;
  /** Where it is. */
  field: string;
}

/** No parameter allows any of them. */
const nonsense = fc.constantFrom<unknown>(null, {}, [], [[1]], 1e9, -1e9, [null], { toString: 'x' });
const unknownKey = fc.constantFrom('colour', 'Width', 'valueOf', 'a b', '日本');
const noObject = fc.constantFrom<unknown>(null, 1, 'negate', true, [], [{}]);

type Pick = <Value>(values: readonly Value[]) => Value;
type Break = (recipe: Recipe, pick: Pick, key: string, value: unknown, none: unknown) => string | null;

/** Each makes one mistake in a valid recipe, and says where; null where there is no room for it. */
const breaks: Record<string, Break> = {
  'a key beside the outputs': (recipe, _pick, key) => {
    Object.assign(recipe, { [key]: 1 });
    return key;
  },
  'a name that no output may have': (recipe, pick) => {
    const name = pick(['A', 'a b', '-a', 'a-', 'ä', 'a/b']);
    recipe.outputs[name] = { operations: [], format: 'png' };
    return `outputs.${name}`;
  },
  'an output that is none': (recipe, pick, _key, _value, none) => {
    const name = pick(Object.keys(recipe.outputs));
    recipe.outputs[name] = none as OutputRecipe;
    return `outputs.${name}`;
  },
  'a key in an output': (recipe, pick, key) => {
    const name = pick(Object.keys(recipe.outputs));
    Object.assign(recipe.outputs[name]!, { [key]: 1 });
    return `outputs.${name}.${key}`;
  },
  'a wrong setting of an output': (recipe, pick, _key, value) => {
    const name = pick(Object.keys(recipe.outputs));
    const setting = pick(['format', ...outputOptionNames] as const);
    Object.assign(recipe.outputs[name]!, { [setting]: value });
    if (setting === 'format') for (const option of outputOptionNames) delete recipe.outputs[name]![option];
    return `outputs.${name}.${setting}`;
  },
  'an operation that is none': (recipe, pick, _key, _value, none) => {
    const name = pick(Object.keys(recipe.outputs));
    const { operations } = recipe.outputs[name]!;
    operations.push(none as never);
    return `outputs.${name}.operations[${operations.length - 1}]`;
  },
  'an operation that nobody knows': (recipe, pick, key) => {
    const name = pick(Object.keys(recipe.outputs));
    const { operations } = recipe.outputs[name]!;
    operations.unshift({ [key]: {} } as never);
    return `outputs.${name}.operations[0].${key}`;
  },
  'parameters that are none': (recipe, pick, _key, _value, none) => {
    const name = pick(Object.keys(recipe.outputs));
    const operation = pick(operationNames);
    recipe.outputs[name]!.operations.unshift({ [operation]: none } as never);
    return `outputs.${name}.operations[0].${operation}`;
  },
  'a parameter that nobody knows': (recipe, pick, key) =>
    inParameters(recipe, pick, (_operation, parameters) => {
      Object.assign(parameters, { [key]: 1 });
      return key;
    }),
  'a wrong value of a parameter': (recipe, pick, _key, value) =>
    inParameters(recipe, pick, (operation, parameters) => {
      const rules = parameterRules(operationParameters[operation]);
      if (rules.length === 0) return null;
      const { name } = pick(rules);
      Object.assign(parameters, { [name]: value });
      return name;
    }),
  'a parameter left out': (recipe, pick) =>
    inParameters(recipe, pick, (operation, parameters) => {
      const required = parameterRules(operationParameters[operation]).filter((rule) => rule.required);
      if (required.length === 0) return null;
      const { name } = pick(required);
      delete (parameters as Record<string, unknown>)[name];
      return name;
    }),
};

/** Makes a mistake in the parameters of some operation of the recipe. */
function inParameters(
  recipe: Recipe,
  pick: Pick,
  spoil: (operation: OperationName, parameters: object) => string | null,
): string | null {
  const name = pick(Object.keys(recipe.outputs));
  const { operations } = recipe.outputs[name]!;
  if (operations.length === 0) return null;
  const index = pick([...operations.keys()]);
  const [operation, parameters] = operationEntry(operations[index]!);
  const parameter = spoil(operation, parameters);
  return parameter === null ? null : `outputs.${name}.operations[${index}].${operation}.${parameter}`;
}

const mistakes = (kind: string): Arbitrary<Mistake> =>
  fc
    .tuple(validRecipe, fc.array(fc.nat(), { minLength: 4, maxLength: 4 }), unknownKey, nonsense, noObject)
    .map(([valid, numbers, key, value, none]) => {
      const recipe = structuredClone(valid);
      let picked = 0;
      const pick: Pick = (values) => values[numbers[picked++]! % values.length]!;
      const field = breaks[kind]!(recipe, pick, key, value, none);
      return field === null ? null : { recipe, field };
    })
    .filter((mistake) => mistake !== null);

it('any valid recipe is read, and reading it again changes nothing', () => {
  fc.assert(
    fc.property(validRecipe, (recipe) => {
      const read = parseRecipe(JSON.parse(JSON.stringify(recipe)));
      expect(JSON.stringify(read)).toBe(JSON.stringify(recipe));
    }),
    { numRuns: 500 },
  );
});

it.each(Object.keys(breaks))('%s is refused, by its place', (kind) => {
  fc.assert(
    fc.property(mistakes(kind), ({ recipe, field }) => {
      try {
        parseRecipe(recipe);
      } catch (error) {
        if (!Problem.is(error, 'invalid-request')) throw error;
        expect(error.extras.errors!.map((found) => found.field)).toEqual([field]);
        expect(error.detail).toBe(`${field}: ${error.extras.errors![0]!.message}`);
        return;
      }
      throw new Error(`accepted, in spite of ${field}`);
    }),
    { numRuns: 300 },
  );
});

it('anything that is JSON is read or refused, never another error', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      for (const recipe of [value, { outputs: value }, { outputs: { a: { operations: value } } }]) {
        try {
          parseRecipe(recipe);
        } catch (error) {
          if (!Problem.is(error, 'invalid-request')) throw error;
        }
      }
    }),
    { numRuns: 500 },
  );
});
