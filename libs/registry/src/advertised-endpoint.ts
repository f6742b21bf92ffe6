import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * The endpoint, `host:port`, under which others reach a service that listens on `address`.
 * @param advertise a host, or a host and a port, that the operator chose.
 */
export function advertisedEndpoint({ address, port }: AddressInfo, advertise?: string): string {
  if (advertise) return advertise.includes(':') ? advertise : `${advertise}:${port}`;
  const everyInterface = address === '0.0.0.0' || address === '::';
  return `${everyInterface ? outsideAddress() : address}:${port}`;
}

function outsideAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
