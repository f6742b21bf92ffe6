import { describe, expect, it } from 'vitest';
import { leaseTokenPattern, newLeaseToken } from './lease.js';

describe('newLeaseToken', () => {
  it('makes tokens of 128 bits, each another, that every store accepts', () => {
    const tokens = Array.from({ length: 100 }, newLeaseToken);

    for (const token of tokens) {
      expect(token).toMatch(leaseTokenPattern);
      expect(Buffer.from(token, 'base64url')).toHaveLength(16);
    }
    expect(new Set(tokens).size).toBe(100);
  });
});
