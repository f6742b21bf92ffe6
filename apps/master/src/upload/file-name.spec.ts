import { describe, expect, it } from 'vitest';
import { fileName } from './file-name.js';

describe('fileName', () => {
  it.each([
    ['photo.jpg', 'photo.jpg'],
    ['my holiday (2).jpeg', 'my holiday (2).jpeg'],
    ['Zürich 東京 🏔.png', 'Zürich 東京 🏔.png'],
    ['100%.png', '100%.png'],
  ])('leaves %j as it is', (original, expected) => {
    expect(fileName(original)).toBe(expected);
  });

  it.each([
    ['/etc/passwd', 'passwd'],
    ['../../photo.png', 'photo.png'],
    ['C:\\Users\\me\\photo.png', 'photo.png'],
    ['a/b\\c.png', 'c.png'],
  ])('takes the last part of the path %j', (original, expected) => {
    expect(fileName(original)).toBe(expected);
  });

  it.each([
    ['a\r\nSet-Cookie: x', 'aSet-Cookie x'],
    ['nul\0byte.png', 'nulbyte.png'],
    ['\u202Egnp.exe', 'gnp.exe'],
    ['zero\u200Bwidth\uFEFF.png', 'zerowidth.png'],
    ['lone\uD800surrogate.png', 'lonesurrogate.png'],
  ])('takes control characters and what cannot be seen out of %j', (original, expected) => {
    expect(fileName(original)).toBe(expected);
  });

  it('takes out what file systems reserve', () => {
    expect(fileName('<a>:"b"|c?*.png')).toBe('abc.png');
  });

  it('begins and ends with neither dot nor space', () => {
    expect(fileName('  .hidden.png. . ')).toBe('hidden.png');
  });

  it('writes a letter and its accent as one', () => {
    expect(fileName('Zu\u0308rich.png')).toBe('Z\u00FCrich.png');
  });

  it.each(['', '.', '..', '/', 'folder/', '\\', '???', ' . ', '\0', '\u200B'])('calls %j "image"', (original) => {
    expect(fileName(original)).toBe('image');
  });

  it('cuts a long name, and no character in two', () => {
    expect(fileName('x'.repeat(1_000))).toBe('x'.repeat(200));
    const mountains = fileName(`x${'🏔'.repeat(300)}`);
    expect(mountains.length).toBeLessThanOrEqual(200);
    expect(mountains.isWellFormed()).toBe(true);
  });

  it('ends with neither dot nor space where it was cut', () => {
    expect(fileName(`${'x'.repeat(199)}. jpg`)).toBe('x'.repeat(199));
  });
});
