import type { AddressInfo } from 'node:net';

/** The address the service listens on, for those who must wait until it does (registration comes after listening). */
export class Listening {
  private readonly settled = Promise.withResolvers<AddressInfo>();

  /** Resolves once the service listens. */
  get address(): Promise<AddressInfo> {
    return this.settled.promise;
  }

  begin(address: AddressInfo): void {
    this.settled.resolve(address);
  }
}
