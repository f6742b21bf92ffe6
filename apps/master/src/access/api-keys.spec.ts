import { describe, expect, it } from 'vitest';
import { ApiKeys, apiKeysPattern } from './api-keys.js';

describe('ApiKeys', () => {
  it('knows the owner of every key, several of which one owner may have', () => {
    const keys = new ApiKeys('alice:0123456789abcdef,bob:fedcba9876543210,alice:another-long-key-');
    expect(keys.required).toBe(true);
    expect(keys.ownerOf('0123456789abcdef')).toBe('alice');
    expect(keys.ownerOf('another-long-key-')).toBe('alice');
    expect(keys.ownerOf('fedcba9876543210')).toBe('bob');
    for (const wrong of ['', 'alice', '0123456789abcde', '0123456789abcdefg', 'alice:0123456789abcdef']) {
      expect(keys.ownerOf(wrong), wrong).toBeNull();
    }
  });

  it('wants none when none is set', () => {
    expect(new ApiKeys(undefined).required).toBe(false);
    expect(new ApiKeys(undefined).ownerOf('')).toBeNull();
  });
});

describe('apiKeysPattern', () => {
  it('takes pairs of an owner and a key that is long enough', () => {
    for (const right of ['a:0123456789abcdef', 'a-1:0123456789abcdef,b:a.b_c~d+e/f=-0123456'])
      expect(right).toMatch(apiKeysPattern);
    for (const wrong of [
      'a',
      'a:short',
      ':0123456789abcdef',
      'A:0123456789abcdef',
      'a:0123456789abcdef,',
      'a:0123 456789abcdef',
    ]) {
      expect(wrong).not.toMatch(apiKeysPattern);
    }
  });
});
