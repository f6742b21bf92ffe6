import { Clock } from '#chassis';

/** The system's clock, as far ahead as a test wants it. */
export class FakeClock extends Clock {
  ahead = 0;

  now(): number {
    return Date.now() + this.ahead;
  }
}
