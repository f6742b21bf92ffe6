import { Problem } from '#contracts';
import { Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Request } from 'express';
import { ownerOf } from './owner.decorator.js';

/** Bounds the requests of one client: of an owner, or of an address where no keys are wanted. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override getTracker(request: Record<string, unknown>): Promise<string> {
    const { ip } = request as unknown as Request;
    return Promise.resolve(ownerOf(request as unknown as Request) ?? ip ?? '');
  }

  protected override throwThrottlingException(): Promise<void> {
    throw new Problem('too-many-requests', 'Too many requests within one second', { retryAfterSeconds: 1 });
  }
}
