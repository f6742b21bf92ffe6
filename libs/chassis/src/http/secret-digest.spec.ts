import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, expect, it, vi } from 'vitest';
import { SecretDigest } from './secret-digest.js';

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const secret = 'a-secret-of-the-tests';

it('SecretDigest knows the same secret, and no other', () => {
  const digest = new SecretDigest(secret);
  expect(digest.equals(new SecretDigest(secret))).toBe(true);
  for (const other of ['', secret.slice(1), secret.slice(0, -1), `${secret}x`, secret.toUpperCase(), '\0']) {
    expect(digest.equals(new SecretDigest(other)), other).toBe(false);
  }
});

it('SecretDigest compares in constant time, and as many bytes whatever the secrets are', () => {
  const compare = vi.spyOn(crypto, 'timingSafeEqual');
  syncBuiltinESMExports();
  for (const other of ['', secret.slice(0, -1), secret, 'x'.repeat(10_000)]) {
    new SecretDigest(secret).equals(new SecretDigest(other));
  }
  expect(compare.mock.calls.map((buffers) => buffers.map(({ byteLength }) => byteLength))).toEqual(
    Array.from({ length: 4 }, () => [32, 32]),
  );
});
