import type { ServiceName } from '../service.js';

/** How long a service may be silent, in milliseconds, before it counts as out of reach. */
export interface Patience {
  /** Until the answer to a call, beyond the wait of a long poll. */
  callMs: number;
  /** Between two bytes of an exchange, while this side is ready to send or to read. */
  idleMs: number;
}

const usual: Patience = { callMs: 10_000, idleMs: 60_000 };
/** Answers from memory. Nobody should wait long for it, because the endpoints that are known stay good without it. */
const withRegistry: Patience = { ...usual, callMs: 3_000 };
/**
 * Master may wait for others, and then says for whom. Whoever did not wait longer would take master for the one that is
 * silent, and set it aside. A call to db takes a lookup and a try at most, because a silent service is not tried again;
 * a download, two calls to db before the silence of storage.
 */
const withMaster: Patience = {
  callMs: withRegistry.callMs + usual.callMs + 2_000,
  idleMs: 2 * (withRegistry.callMs + usual.callMs) + usual.idleMs + 4_000,
};

/** How long to wait for a service. */
export function patienceWith(service: ServiceName): Patience {
  return service === 'master' ? withMaster : service === 'keyvaluestore' ? withRegistry : usual;
}
