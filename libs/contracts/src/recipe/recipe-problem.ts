import { Problem, type FieldError } from '../problem/problem.js';

/** So many errors are told at once; a form has room for thousands. */
const errorLimit = 20;

/** What is wrong with a recipe, by the exact place of every error (of the first 20). */
export function recipeProblem(found: FieldError[]): Problem {
  const errors = found.slice(0, errorLimit);
  const detail = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
  return new Problem('invalid-request', detail, { errors });
}
