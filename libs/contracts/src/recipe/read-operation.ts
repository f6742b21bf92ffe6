import { validateSync } from 'class-validator';
import { isObject, refuseOthers, type Complain } from './json-object.js';
import { operationNames, operationParameters, type Operation, type OperationName } from './operation.js';
import { parameterRules } from './parameters/parameter.js';
import { wholeRules } from './parameters/whole-rules.js';

/** Reads one operation; none, and complains, where it is wrong. */
export function readOperation(value: unknown, field: string, complain: Complain): Operation[] {
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
