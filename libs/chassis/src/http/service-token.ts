import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ServiceConfig } from '../config/service-config.js';
import { SecretDigest } from './secret-digest.js';

/** The secret that services share. */
@Injectable()
export class ServiceToken {
  private readonly digest: SecretDigest | null;

  constructor({ token }: ServiceConfig) {
    this.digest = token ? new SecretDigest(token) : null;
  }

  /** Whether there is a token, so that internal routes want it. */
  get required(): boolean {
    return this.digest !== null;
  }

  /** Whether a request brings it. */
  isIn(request: Request): boolean {
    return this.digest !== null && this.digest.equals(new SecretDigest(bearerToken(request) ?? ''));
  }
}

/** The token or key of a request's `Authorization: Bearer …`. */
export function bearerToken({ headers: { authorization } }: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}
