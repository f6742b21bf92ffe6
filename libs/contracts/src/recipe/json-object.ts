/** Notes what is wrong at one place of a recipe. */
export type Complain = (field: string, message: string) => void;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Complains of every key that is not allowed. @returns whether there were none */
export function refuseOthers(value: object, allowed: string[], field: string, complain: Complain): boolean {
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key));
  for (const key of unknown) {
    const what = allowed.length > 0 ? `allowed are ${allowed.join(', ')}` : 'none is allowed';
    complain(field ? `${field}.${key.slice(0, 100)}` : key.slice(0, 100), `is not known here; ${what}`);
  }
  return unknown.length === 0;
}
