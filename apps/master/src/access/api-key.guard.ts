import { bearerToken, ServiceToken } from '#chassis';
import { Problem } from '#contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ApiKeys } from './api-keys.js';
import { setOwner } from './owner.decorator.js';

/**
 * Wants a key on the public routes, when keys are configured, and notes whose it is. The service token opens them too,
 * for operators and autoscalers: it sees the tasks of all owners.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeys,
    private readonly serviceToken: ServiceToken,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (!this.keys.required || this.serviceToken.isIn(request)) return true;
    const owner = this.keys.ownerOf(bearerToken(request) ?? '');
    if (owner === null) throw new Problem('unauthorized', 'Send a key of the API as Authorization: Bearer <key>');
    setOwner(request, owner);
    return true;
  }
}
