import { describe, expect, it } from 'vitest';
import { queryString } from './query-string.js';

describe('queryString', () => {
  it('has the values that are set, escaped', () => {
    expect(queryString({ owner: 'a&b=c', limit: 0, after: undefined })).toBe('?owner=a%26b%3Dc&limit=0');
  });

  it('is empty when none is set', () => {
    expect(queryString({})).toBe('');
    expect(queryString({ after: undefined })).toBe('');
  });
});
