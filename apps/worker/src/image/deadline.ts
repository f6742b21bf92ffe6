import type { Sharp } from 'sharp';

/** When one output must be done. */
export class Deadline {
  private readonly at: number;

  constructor(seconds: number) {
    this.at = performance.now() + seconds * 1000;
  }

  /** What is left of the time; nothing, or less, when it is over. */
  get remainingMs(): number {
    return this.at - performance.now();
  }

  /** Lets a pipeline use what is left of the time. @throws Error that `isTimeout` knows */
  limit(image: Sharp): Sharp {
    const seconds = Math.ceil(this.remainingMs / 1000);
    if (seconds <= 0) throw new Error('timeout before a pass');
    return image.timeout({ seconds });
  }
}

/** Whether an error says that the time was up. */
export function isTimeout({ message }: Error): boolean {
  return message.includes('timeout');
}
