/**
 * Why there is no usable answer: nobody answered (`refused`, resets included), nobody answered in time, so that the
 * service may still be at work on the call (`silent`), or somebody else than the service called did (`stranger`).
 */
export type ConnectionFailureKind = 'refused' | 'silent' | 'stranger';

/** No usable answer came from an endpoint. */
export class ConnectionFailure extends Error {
  constructor(
    readonly endpoint: string,
    readonly kind: ConnectionFailureKind,
    reason: string,
  ) {
    super(`${endpoint}: ${reason}`);
    this.name = 'ConnectionFailure';
  }
}
