import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

const owners = new WeakMap<Request, string>();

/** Notes whose key came with a request. */
export function setOwner(request: Request, owner: string): void {
  owners.set(request, owner);
}

/** Whose key came with the request; null when no keys are wanted: the caller then sees the tasks of all owners. */
export const Owner = createParamDecorator(
  (_unused: unknown, context: ExecutionContext) => owners.get(context.switchToHttp().getRequest<Request>()) ?? null,
);
