import { bearerToken } from '#chassis';
import { Problem } from '#contracts';
import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Request } from 'express';
import { ApiKeys } from './api-keys.js';

/**
 * Bounds the requests of one client, over all public routes together: of an owner, by whichever of its keys, or of an
 * address, for those who bring no key that is known. Goes before the check of the key, so that wrong keys count, too.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  @Inject() private readonly keys!: ApiKeys;

  protected override async getTracker(request: Record<string, unknown>): Promise<string> {
    const owner = this.keys.ownerOf(bearerToken(request as unknown as Request) ?? '');
    return owner ?? (await super.getTracker(request));
  }

  /** No address looks like the name of an owner. */
  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return tracker;
  }

  protected override throwThrottlingException(): Promise<void> {
    throw new Problem('too-many-requests', 'Too many requests within one second', { retryAfterSeconds: 1 });
  }
}
