import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '#contracts';

const firstDelayMs = 200;
const longestDelayMs = 5_000;

/**
 * Repeats a call while the service that it needs cannot be reached, or has no room, with growing delays, until `signal`
 * aborts. Every try makes the call anew, so that a call may use a fresh file key each time.
 */
export async function patiently<Answer>(signal: AbortSignal, call: () => Promise<Answer>): Promise<Answer> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!Problem.is(error, 'service-unavailable', 'storage-full')) throw error;
      await sleep(delayMs, undefined, { signal });
    }
  }
}
