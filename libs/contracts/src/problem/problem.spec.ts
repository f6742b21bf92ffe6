import { describe, expect, it } from 'vitest';
import { isProblemCode, problemCodes } from './problem-code.js';
import { Problem } from './problem.js';

describe('Problem', () => {
  it('is told as RFC 9457 says, with its stable code', () => {
    const problem = new Problem('service-unavailable', 'db cannot be reached', { retryAfterSeconds: 1 });

    expect(problem.toDetails()).toEqual({
      type: 'urn:node-micro:problem:service-unavailable',
      title: 'A service that is needed cannot be reached',
      status: 503,
      detail: 'db cannot be reached',
      code: 'service-unavailable',
      retryAfterSeconds: 1,
    });
  });

  it('is the same problem after its way over a wire', () => {
    const errors = [{ field: 'a.b', message: 'a.b must be a number' }];
    const problem = new Problem('invalid-request', 'wrong', { errors, retryAfterSeconds: 0, size: 0 });

    const again = Problem.fromDetails(JSON.parse(JSON.stringify(problem.toDetails())));

    expect(again).toBeInstanceOf(Problem);
    expect(again!.toDetails()).toEqual(problem.toDetails());
  });

  it('keeps its cause to itself', () => {
    const problem = new Problem('internal-error', 'sorry', { cause: new Error('secret') });

    expect(problem.cause).toEqual(new Error('secret'));
    expect(JSON.stringify(problem.toDetails())).not.toContain('secret');
  });

  it('is not found in a body that is not one of ours', () => {
    for (const body of [null, undefined, '', 'task-not-found', 404, [], {}, { code: 'teapot' }, { code: 'toString' }]) {
      expect(Problem.fromDetails(body)).toBeNull();
    }
  });

  it('is known by its code', () => {
    const problem = new Problem('lease-lost', '');

    expect(Problem.is(problem)).toBe(true);
    expect(Problem.is(problem, 'task-not-found', 'lease-lost')).toBe(true);
    expect(Problem.is(problem, 'task-not-found')).toBe(false);
    expect(Problem.is(new Error('lease-lost'))).toBe(false);
  });
});

describe('The table of problem codes', () => {
  it('has for every code an HTTP status of an error, and a title', () => {
    for (const [code, { status, title }] of Object.entries(problemCodes)) {
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(status, code).toBeLessThan(600);
      expect(title, code).not.toBe('');
      expect(isProblemCode(code)).toBe(true);
    }
  });

  it('has no code that is not its own', () => {
    for (const text of ['constructor', '__proto__', '', null, 404]) expect(isProblemCode(text)).toBe(false);
  });
});
