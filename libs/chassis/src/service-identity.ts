import type { ServiceName } from '#contracts';

/**
 * Who this process is. Every answer says it, so that a reused `host:port` never answers for somebody else.
 */
export class ServiceIdentity {
  /** The permanent id of the store behind the service; set by db and storage once their store is open. */
  storeId: string | null = null;

  constructor(readonly service: ServiceName) {}
}
