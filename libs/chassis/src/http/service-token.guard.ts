import { internalRoute, Problem } from '#contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ServiceToken } from './service-token.js';

/** Wants the service token on internal routes, when one is set. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly token: ServiceToken,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (!this.token.required || !this.reflector.getAllAndOverride<boolean>(internalRoute, targets)) return true;
    if (this.token.isIn(context.switchToHttp().getRequest<Request>())) return true;
    throw new Problem('unauthorized', 'This route is for services that know the token of MICRO_TOKEN');
  }
}
