import { lostNames, Problem, type FieldError } from '#contracts';
import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

/** Checks bodies and queries against their classes; unknown fields are errors, and every error names its place. */
export function requestValidation(): ValidationPipe {
  return new RequestValidation({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    exceptionFactory: (errors) => invalid(errors.flatMap((error) => fieldErrors(error))),
  });
}

/** Nest and class-transformer take names like `__proto__` and `toString` out without a word; here they are unknown fields. */
class RequestValidation extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (typeof value === 'object' && value !== null && this.toValidate(metadata)) {
      const lost = Object.keys(value).filter((name) => lostNames.includes(name));
      if (lost.length > 0)
        throw invalid(lost.map((field) => ({ field, message: `property ${field} should not exist` })));
    }
    return (await super.transform(value, metadata)) as unknown;
  }
}

function invalid(errors: FieldError[]): Problem {
  return new Problem('invalid-request', errors.map(({ message }) => message).join('; '), { errors });
}

function fieldErrors(error: ValidationError, parent = ''): FieldError[] {
  const field = parent + error.property;
  return [
    ...Object.values(error.constraints ?? {}).map((message) => ({ field, message: parent + message })),
    ...(error.children ?? []).flatMap((child) => fieldErrors(child, `${field}.`)),
  ];
}
