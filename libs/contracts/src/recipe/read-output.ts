import { isObject, refuseOthers, type Complain } from './json-object.js';
import { outputFormats, type OutputFormat } from './output-format.js';
import { outputConflicts, outputOptionNames, outputOptions, type OutputOptions } from './output-options.js';
import { readOperation } from './read-operation.js';
import { operationLimit, type OutputRecipe } from './recipe.js';

const keys = ['operations', 'format', ...outputOptionNames];

/** Reads one output, with the defaults of what it leaves out; complains of all that is wrong with it, by its place. */
export function readOutput(value: unknown, field: string, complain: Complain): OutputRecipe {
  const output: OutputRecipe = { operations: [], format: 'same' };
  if (!isObject(value)) {
    complain(field, `must be an object; its keys may be ${keys.join(', ')}`);
    return output;
  }
  refuseOthers(value, keys, field, complain);
  const { operations = [], format = 'same' } = value;
  if (!Array.isArray(operations) || operations.length > operationLimit) {
    complain(`${field}.operations`, `must be a list of at most ${operationLimit} operations`);
  } else {
    output.operations = operations.flatMap((operation: unknown, index) =>
      readOperation(operation, `${field}.operations[${index}]`, complain),
    );
  }
  if (outputFormats.includes(format as OutputFormat)) output.format = format as OutputFormat;
  else complain(`${field}.format`, `must be one of ${outputFormats.join(', ')}`);
  return Object.assign(output, readOptions(value, output.format, field, complain));
}

function readOptions(
  value: Record<string, unknown>,
  format: OutputFormat,
  field: string,
  complain: Complain,
): OutputOptions {
  const options: Record<string, unknown> = {};
  let isValid = true;
  const refuse = (name: string, message: string): void => {
    isValid = false;
    complain(`${field}.${name}`, message);
  };
  for (const name of outputOptionNames) {
    if (value[name] === undefined) continue;
    options[name] = value[name];
    const { formats, rule, fits } = outputOptions[name];
    const allowed: readonly OutputFormat[] = ['same', ...formats];
    if (!allowed.includes(format)) refuse(name, `is for the formats ${allowed.join(', ')}`);
    else if (!fits(value[name])) refuse(name, rule);
  }
  if (isValid) {
    for (const { option, rule, isMet } of outputConflicts) if (!isMet(options)) refuse(option, rule);
  }
  return options;
}
