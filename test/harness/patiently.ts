import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any restart in the tests, and than any outage that somebody tries by hand. */
const patienceMs = 300_000;
/** Short: a killed process stays registered for up to 15 s, so that every second try meets nobody. */
const pauseMs = 50;

/** An answer that asks to be asked again, after so many milliseconds. */
export class TryAgain extends Error {
  override name = 'TryAgain';

  constructor(
    message: string,
    readonly afterMs: number,
  ) {
    super(message);
  }
}

/** Tries until it works. @throws what the last try threw, after five minutes */
export async function patiently<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await sleep(error instanceof TryAgain ? error.afterMs : pauseMs);
    }
  }
}
