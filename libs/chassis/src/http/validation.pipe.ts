import { Problem, type FieldError } from '#contracts';
import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

/** Checks bodies and queries against their classes; unknown fields are errors, and every error names its place. */
export function requestValidation(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    exceptionFactory: (errors) => {
      const fields = errors.flatMap((error) => fieldErrors(error));
      return new Problem('invalid-request', fields.map(({ message }) => message).join('; '), { errors: fields });
    },
  });
}

function fieldErrors(error: ValidationError, parent = ''): FieldError[] {
  const field = parent + error.property;
  return [
    ...Object.values(error.constraints ?? {}).map((message) => ({ field, message: parent + message })),
    ...(error.children ?? []).flatMap((child) => fieldErrors(child, `${field}.`)),
  ];
}
