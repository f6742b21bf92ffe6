import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import { ApiKeyGuard } from './api-key.guard.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** Marks a controller whose routes are for clients: at a bounded rate, and under their keys, when there are any. */
export const PublicApi = (): ClassDecorator => applyDecorators(UseGuards(RateLimitGuard, ApiKeyGuard), ApiBearerAuth());
