/** What is allowed as one value of a recipe. */
export interface ValueRule {
  /** As it stands in error messages and in the documentation: `must be …`. */
  rule: string;
  fits: (value: unknown) => boolean;
}

export function wholeNumber(least: number, most: number): ValueRule {
  return {
    rule: `must be a whole number from ${least} to ${most}`,
    fits: (value) => Number.isInteger(value) && isBetween(value, least, most),
  };
}

export function decimal(least: number, most: number): ValueRule {
  return { rule: `must be a number from ${least} to ${most}`, fits: (value) => isBetween(value, least, most) };
}

export function oneOf(values: readonly string[]): ValueRule {
  return { rule: `must be one of ${values.join(', ')}`, fits: (value) => values.includes(value as string) };
}

/** A list of at least one of the values, and none of them twice. */
export function listOf(values: readonly string[]): ValueRule {
  return {
    rule: `must be a list of ${values.join(', ')}`,
    fits: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((item) => values.includes(item as string)) &&
      new Set(value).size === value.length,
  };
}

export function flag(): ValueRule {
  return { rule: 'must be true or false', fits: (value) => typeof value === 'boolean' };
}

/** A colour that nothing shines through. */
export function opaqueColour(): ValueRule {
  const pattern = /^(#[0-9a-f]{3}|#[0-9a-f]{6}|black|white)$/i;
  return {
    rule: 'must be a colour: #rgb, #rrggbb, black or white',
    fits: (value) => typeof value === 'string' && pattern.test(value),
  };
}

export function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}
