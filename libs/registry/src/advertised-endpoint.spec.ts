import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { advertisedEndpoint } from './advertised-endpoint.js';

const everywhere = { address: '0.0.0.0', family: 'IPv4', port: 8001 };

describe('advertisedEndpoint', () => {
  it('is the address that the service listens on', () => {
    expect(advertisedEndpoint({ address: '127.0.0.1', family: 'IPv4', port: 8001 })).toBe('127.0.0.1:8001');
    expect(advertisedEndpoint({ address: '10.0.0.7', family: 'IPv4', port: 40_123 })).toBe('10.0.0.7:40123');
  });

  it('is an address that others can reach, when the service listens on every interface', () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const address of ['0.0.0.0', '::']) {
      const [host, port] = advertisedEndpoint({ ...everywhere, address }).split(':');
      expect(port).toBe('8001');
      expect(own.map((found) => found.address)).toContain(host);
    }
  });

  it('is what the operator chose: a host with this port, or a host and a port', () => {
    expect(advertisedEndpoint(everywhere, 'db.example')).toBe('db.example:8001');
    expect(advertisedEndpoint(everywhere, 'db.example:80')).toBe('db.example:80');
  });
});
