import { Clock } from '#chassis';

/** A clock that stands still unless moved. */
export class AdjustableClock extends Clock {
  constructor(private ms = Date.parse('2026-08-01T12:00:00Z')) {
    super();
  }

  now(): number {
    return this.ms;
  }

  advance(ms: number): void {
    this.ms += ms;
  }
}
