import { Injectable } from '@nestjs/common';

/** Answers null when a needed thing is there, or says what is missing. */
export type ReadinessCheck = () => Promise<string | null> | string | null;

/** What a service needs before it can do its work; modules add their checks, `/health/ready` asks them. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  need(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  all(): [string, ReadinessCheck][] {
    return [...this.checks];
  }
}
