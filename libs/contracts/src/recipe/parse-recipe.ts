import { validateSync } from 'class-validator';
import { outputNamePattern } from '../file/file-key.js';
import { lostNames } from '../http/lost-names.js';
import { Problem, type FieldError } from '../problem/problem.js';
import { operationNames, operationParameters, type Operation, type OperationName } from './operation.js';
import { parameterRules } from './parameters/parameter.js';
import { wholeRules } from './parameters/whole-rules.js';
import {
  formatsWithQuality,
  operationLimit,
  outputFormats,
  outputLimit,
  type OutputFormat,
  type OutputRecipe,
  type Recipe,
} from './recipe.js';

/** As many errors are told at once; a form has room for thousands. */
const errorLimit = 20;

/**
 * Reads a recipe from JSON that somebody else wrote. What is left out gets its default: no operations, format `same`.
 * @throws Problem `invalid-request` with the exact place of every error (of the first 20), and what is allowed there:
 * `outputs.thumb.operations[1].resize.width: must be a whole number from 1 to 16384`
 */
export function parseRecipe(value: unknown): Recipe {
  const errors: FieldError[] = [];
  const recipe = readRecipe(value, (field, message) => {
    if (errors.length < errorLimit) errors.push({ field, message });
  });
  if (errors.length === 0) return recipe;
  const detail = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
  throw new Problem('invalid-request', detail, { errors });
}

type Complain = (field: string, message: string) => void;

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

function readOutput(value: unknown, field: string, complain: Complain): OutputRecipe {
  const output: OutputRecipe = { operations: [], format: 'same' };
  if (!isObject(value)) {
    complain(field, 'must be an object with the keys operations, format and quality');
    return output;
  }
  refuseOthers(value, ['operations', 'format', 'quality'], field, complain);
  const { operations = [], format = 'same', quality } = value;
  if (!Array.isArray(operations) || operations.length > operationLimit) {
    complain(`${field}.operations`, `must be a list of at most ${operationLimit} operations`);
  } else {
    output.operations = operations.flatMap((operation: unknown, index) =>
      readOperation(operation, `${field}.operations[${index}]`, complain),
    );
  }
  if (outputFormats.includes(format as OutputFormat)) output.format = format as OutputFormat;
  else complain(`${field}.format`, `must be one of ${outputFormats.join(', ')}`);
  if (quality !== undefined) output.quality = readQuality(quality, output.format, `${field}.quality`, complain);
  return output;
}

function readQuality(value: unknown, format: OutputFormat, field: string, complain: Complain): number {
  if (!formatsWithQuality.includes(format)) complain(field, `is for the formats ${formatsWithQuality.join(', ')}`);
  const quality = Number.isInteger(value) ? (value as number) : 0;
  if (quality < 1 || quality > 100) complain(field, 'must be a whole number from 1 to 100');
  return quality;
}

function readOperation(value: unknown, field: string, complain: Complain): Operation[] {
  const entries = isObject(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (!entry || entries.length !== 1) {
    complain(field, 'must be an object with one key, the name of the operation');
    return [];
  }
  const [name, parameters] = entry;
  if (!operationNames.includes(name as OperationName)) {
    complain(`${field}.${name.slice(0, 100)}`, `is not an operation; allowed are ${operationNames.join(', ')}`);
    return [];
  }
  if (!isObject(parameters)) {
    complain(`${field}.${name}`, 'must be an object of parameters');
    return [];
  }
  checkParameters(name as OperationName, parameters, `${field}.${name}`, complain);
  return [{ [name]: parameters } as unknown as Operation];
}

function checkParameters(name: OperationName, parameters: object, field: string, complain: Complain): void {
  const type = operationParameters[name];
  const allowed = parameterRules(type).map((rule) => rule.name);
  if (!refuseOthers(parameters, allowed, field, complain)) return;
  const instance = Object.assign(new type(), parameters);
  // A class without parameters has no rules, which class-validator would take for a mistake.
  const errors = allowed.length > 0 ? validateSync(instance) : [];
  for (const { property, constraints = {} } of errors) {
    for (const message of Object.values(constraints)) complain(`${field}.${property}`, message);
  }
  const whole = errors.length === 0 ? wholeRules[name]?.(instance as never) : undefined;
  if (whole) complain(field, whole);
}

/** Complains of every key that is not allowed. @returns whether there were none */
function refuseOthers(value: object, allowed: string[], field: string, complain: Complain): boolean {
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key));
  for (const key of unknown) {
    const what = allowed.length > 0 ? `allowed are ${allowed.join(', ')}` : 'none is allowed';
    complain(field ? `${field}.${key.slice(0, 100)}` : key.slice(0, 100), `is not known here; ${what}`);
  }
  return unknown.length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
