import type { ServiceName } from '#contracts';

/** Who stops before whom: those who take work in, then those who do it, then those whom all of them need. */
const stopOrder: ServiceName[][] = [['ui'], ['worker'], ['master'], ['db', 'storage'], ['keyvaluestore']];

/** Stops services in their order: all of one stage at once, and the next stage when these have ended. */
export async function stopInOrder<Stoppable extends { service: ServiceName }>(
  all: Stoppable[],
  stop: (one: Stoppable) => Promise<void>,
): Promise<void> {
  for (const stage of stopOrder) {
    await Promise.all(all.filter(({ service }) => stage.includes(service)).map((one) => stop(one)));
  }
}

/** How many stages there are, each of which may take a service's grace time. */
export const stageCount = stopOrder.length;

/** What a service may take to end beyond its grace time, before it is killed. */
export const killAfterGraceMs = 10_000;
