import { ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { pictureKeyPattern } from '../../file/file-key.js';
import { isName } from '../picture-files.js';
import { isPrintable, whyUndrawable } from './drawable-text.js';
import { decimal, flag, isBetween, oneOf, wholeNumber, type ValueRule } from '../value-rule.js';

/** What is allowed as one parameter of an operation. */
export interface ParameterRule {
  name: string;
  /** As it stands in error messages and in the documentation: `must be …`. */
  rule: string;
  required: boolean;
}

interface ParameterOptions {
  required?: boolean;
}

const rulesOf = new WeakMap<object, ParameterRule[]>();

/** The parameters of a parameter class, in the order in which they are declared. */
export function parameterRules(type: new () => object): ParameterRule[] {
  return rulesOf.get(type.prototype as object) ?? [];
}

/**
 * One parameter; optional unless it says otherwise, and then the default is sharp's.
 * @param check whether a value is allowed, or, where the rule does not say it all, what is wrong with it
 */
function parameter(
  rule: string,
  check: (value: unknown) => boolean | string,
  { required = false }: ParameterOptions = {},
): PropertyDecorator {
  const validator = {
    validate: (value: unknown) => check(value) === true,
    defaultMessage: ({ value }: ValidationArguments) => {
      const wrong = check(value);
      return typeof wrong === 'string' ? wrong : rule;
    },
  };
  return (prototype, property) => {
    const name = String(property);
    rulesOf.set(prototype, [...(rulesOf.get(prototype) ?? []), { name, rule, required }]);
    ValidateBy({ name: 'parameter', validator })(prototype, name);
    if (!required) ValidateIf((parameters: Record<string, unknown>) => parameters[name] !== undefined)(prototype, name);
  };
}

function parameterOf({ rule, fits }: ValueRule, options?: ParameterOptions): PropertyDecorator {
  return parameter(rule, fits, options);
}

export function WholeNumber(least: number, most: number, options?: ParameterOptions): PropertyDecorator {
  return parameterOf(wholeNumber(least, most), options);
}

export function Decimal(least: number, most: number, options?: ParameterOptions): PropertyDecorator {
  return parameterOf(decimal(least, most), options);
}

/** A number for all channels, or one for each. */
export function DecimalPerChannel(least: number, most: number, options?: ParameterOptions): PropertyDecorator {
  const rule = `must be a number from ${least} to ${most}, or a list of 1 to 4 of them`;
  const fits = (value: unknown): boolean => isBetween(value, least, most);
  return parameter(rule, (value) => fits(value) || isListOf(value, 1, 4, fits), options);
}

export function OneOf(values: readonly string[], options?: ParameterOptions): PropertyDecorator {
  return parameterOf(oneOf(values), options);
}

export function Flag(options?: ParameterOptions): PropertyDecorator {
  return parameterOf(flag(), options);
}

export function Colour(options?: ParameterOptions): PropertyDecorator {
  const pattern = /^(#[0-9a-f]{3,4}|#[0-9a-f]{6}|#[0-9a-f]{8}|black|white|transparent)$/i;
  const rule = 'must be a colour: #rgb, #rgba, #rrggbb, #rrggbbaa, black, white or transparent';
  return parameter(rule, (value) => typeof value === 'string' && pattern.test(value), options);
}

/** A text that workers can draw. */
export function Text(longest: number, options?: ParameterOptions): PropertyDecorator {
  const fits = (value: unknown): value is string =>
    typeof value === 'string' && value.length >= 1 && value.length <= longest && isPrintable(value);
  const rule = `must be a text of 1 to ${longest} printable characters`;
  return parameter(rule, (value) => fits(value) && (whyUndrawable(value) ?? true), options);
}

/** A place in a picture, whatever its size. */
export function PartsOfPicture(options?: ParameterOptions): PropertyDecorator {
  return parameter('must be an object of x and y, each a number from 0 to 1', isPartsOfPicture, options);
}

function isPartsOfPicture(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== 'x,y') return false;
  return Object.values(value).every((part) => isBetween(part, 0, 1));
}

/** A picture of the operator's, by its name, or by its key as a task shows it. */
export function Picture(options?: ParameterOptions): PropertyDecorator {
  return parameter('must be the name of a picture', isPicture, options);
}

/** Three rows of three numbers, or four of four. */
export function ColourMatrix(least: number, most: number, options?: ParameterOptions): PropertyDecorator {
  const isMatrix = (value: unknown, size: number): boolean =>
    isListOf(value, size, size, (row) => isListOf(row, size, size, (cell) => isBetween(cell, least, most)));
  const rule = `must be 3 rows of 3 numbers, or 4 of 4, from ${least} to ${most}`;
  return parameter(rule, (value) => isMatrix(value, 3) || isMatrix(value, 4), options);
}

function isListOf(value: unknown, least: number, most: number, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length >= least && value.length <= most && value.every(fits);
}

function isPicture(value: unknown): boolean {
  return typeof value === 'string' && (isName(value) || pictureKeyPattern.test(value));
}
