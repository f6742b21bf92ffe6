import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  digestOfKey,
  isFileKey,
  leaseNumberOfKey,
  newOutputPrefix,
  newSourceKey,
  outputNamePattern,
  pictureKey,
  pictureKeyPattern,
  taskFileKeyPattern,
  taskIdOfKey,
  taskIdPattern,
} from './file-key.js';

describe('file keys', () => {
  const taskId = randomUUID();

  it('of sources and outputs are valid, and tell their task and lease', () => {
    const source = newSourceKey(taskId);
    const output = `${newOutputPrefix(taskId, 12)}full-size`;
    for (const key of [source, output]) {
      expect(isFileKey(key)).toBe(true);
      expect(taskIdOfKey(key)).toBe(taskId);
      expect(digestOfKey(key)).toBeUndefined();
      expect(taskFileKeyPattern.test(key)).toBe(true);
      expect(pictureKeyPattern.test(key)).toBe(false);
    }
    expect(leaseNumberOfKey(source)).toBeNull();
    expect(leaseNumberOfKey(output)).toBe(12);
  });

  it('of pictures are valid, tell their digest, and belong to no task', () => {
    const sha256 = '0123456789abcdef'.repeat(4);
    const key = pictureKey(sha256);
    expect(isFileKey(key)).toBe(true);
    expect(digestOfKey(key)).toBe(sha256);
    expect(taskIdOfKey(key)).toBeNull();
    expect(taskFileKeyPattern.test(key)).toBe(false);
    expect(pictureKeyPattern.test(key)).toBe(true);
  });

  it.each(['', 'logo', '..', '0'.repeat(63), '0'.repeat(65), 'A'.repeat(64), 'g'.repeat(64), `${'0'.repeat(64)}\n`])(
    'of pictures may not have the digest %j',
    (sha256) => {
      expect(isFileKey(pictureKey(sha256))).toBe(false);
      expect(pictureKeyPattern.test(pictureKey(sha256))).toBe(false);
    },
  );

  it('are new every time', () => {
    expect(newSourceKey(taskId)).not.toBe(newSourceKey(taskId));
    expect(newOutputPrefix(taskId, 1)).not.toBe(newOutputPrefix(taskId, 1));
  });

  it.each(['a', 'preview', 'full-size', 'x_2', 'x2', 'a'.repeat(64)])('may end in the output name %s', (name) => {
    expect(outputNamePattern.test(name)).toBe(true);
    expect(isFileKey(newOutputPrefix(taskId, 1) + name)).toBe(true);
  });

  it.each(['', '-a', 'a-', '_a', '.', '..', 'a.png', 'A', 'ä', 'a/b', 'a\n', '__proto__', 'a'.repeat(65)])(
    'may not end in %j',
    (name) => {
      expect(outputNamePattern.test(name)).toBe(false);
      expect(isFileKey(newOutputPrefix(taskId, 1) + name)).toBe(false);
    },
  );

  it.each([0, -1, 1.5, 1_000_000_000])('have no lease number %d', (lease) => {
    expect(isFileKey(`${newOutputPrefix(taskId, lease)}a`)).toBe(false);
  });

  it('start with a task id in lower case', () => {
    for (const wrong of ['', taskId.toUpperCase(), `${taskId}0`, taskId.slice(1), ` ${taskId}`, `${taskId}\n`]) {
      expect(taskIdPattern.test(wrong)).toBe(false);
      expect(isFileKey(newSourceKey(wrong))).toBe(false);
    }
  });
});
