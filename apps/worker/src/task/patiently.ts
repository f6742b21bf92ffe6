import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '#contracts';
import { Logger } from '@nestjs/common';

const firstDelayMs = 200;
const longestDelayMs = 5_000;
const logger = new Logger('Worker');

/**
 * Repeats a call while the service that it needs cannot be reached, or has no room, with growing delays, until `signal`
 * aborts; says once why. Every try makes the call anew, so that a call may use a fresh file key each time.
 */
export async function patiently<Answer>(signal: AbortSignal, call: () => Promise<Answer>): Promise<Answer> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!Problem.is(error, 'service-unavailable', 'storage-full')) throw error;
      if (delayMs === firstDelayMs) logger.warn(`Waiting: ${error.message}`);
      await sleep(delayMs, undefined, { signal });
    }
  }
}
