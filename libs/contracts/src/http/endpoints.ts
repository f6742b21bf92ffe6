import type { ConnectionFailure } from './connection-failure.js';
import type { ServiceName } from '../service.js';

/**
 * Where a service can be reached just now. Implemented by the registry's client; a fixed list does for tests.
 */
export interface Endpoints {
  readonly service: ServiceName;
  /**
   * One live endpoint, `host:port`, in rotation.
   * @throws Problem `service-unavailable` when none is known.
   */
  pick(): Promise<string>;
  /** Takes an endpoint out of rotation until the registry names it again: it refused, or answered as somebody else. */
  setAside(failure: ConnectionFailure): void;
}

/** Endpoints that never change. */
export class FixedEndpoints implements Endpoints {
  private turn = 0;

  constructor(
    readonly service: ServiceName,
    private readonly list: [string, ...string[]],
  ) {}

  pick(): Promise<string> {
    return Promise.resolve(this.list[this.turn++ % this.list.length]!);
  }

  setAside(): void {
    // A fixed list has nobody to hear from that an endpoint is back, so every endpoint stays in.
  }
}
