import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '#contracts';
import type { LaunchPlan } from './launch-plan.js';

const pollMs = 100;

/** Resolves when every service with a port is ready and, where there are workers, one has registered. */
export async function untilReady(plan: LaunchPlan, signal: AbortSignal): Promise<void> {
  for (const { port } of plan.services) {
    if (port > 0) await untilAnswered(`http://${plan.reachable}:${port}/health/ready`, signal);
  }
  if (plan.services.some(({ service }) => service === 'worker')) {
    await untilAnswered(`http://${plan.registry}/${services.worker.key}`, signal);
  }
}

/** What a person wants to know of a system that has just come up. */
export function welcome(plan: LaunchPlan): string {
  const at = (service: string): string =>
    `http://${plan.reachable === '127.0.0.1' ? 'localhost' : plan.reachable}:${plan.services.find((planned) => planned.service === service)?.port}`;
  const workers = plan.services.filter(({ service }) => service === 'worker').length;
  return `
  node-micro is running, with ${workers} ${workers === 1 ? 'worker' : 'workers'}.

    Web page    ${at('ui')}
    API         ${at('master')}/task   Swagger UI: ${at('master')}/api
    Registry    ${at('keyvaluestore')}
    Data        ${plan.data}

  Try:          curl -F image=@photo.png ${at('master')}/task
  More workers: npm run worker     (in another terminal)
  Stop:         Ctrl-C, or npm stop in another terminal

`;
}

async function untilAnswered(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const ready = await fetch(url, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    signal.throwIfAborted();
    if (ready) return;
    await sleep(pollMs, undefined, { signal });
  }
}
