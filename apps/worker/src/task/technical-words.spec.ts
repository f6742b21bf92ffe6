import { describe, expect, it } from 'vitest';
import { technicalWords } from './technical-words.js';

describe('technicalWords', () => {
  it.each([
    ['pngload: chunk IDAT: CRC error', 'pngload: chunk IDAT: CRC error'],
    ['image/jpeg, 16/9, and/or 3 / 4, at 12 px/s', 'image/jpeg, 16/9, and/or 3 / 4, at 12 px/s'],
    ['expected </svg>, see http://www.w3.org/2000/svg', 'expected </svg>, see http://www.w3.org/2000/svg'],
    ['ratio 4:3; c: 5', 'ratio 4:3; c: 5'],
  ])('keeps what is no path: %s', (message, words) => {
    expect(technicalWords(message)).toBe(words);
  });

  it.each([
    ['/tmp/node-micro-x/source: bad seek to 4', '[path]: bad seek to 4'],
    ['cannot open /source', 'cannot open [path]'],
    ['error:/var/lib/x.png.', 'error:[path].'],
    ['unable to open (/tmp/a/b), too', 'unable to open ([path]), too'],
    ['"/tmp/x/source" is not a known file format', '"[path]" is not a known file format'],
    [`can't open '/tmp/it s/a: b, c' or '/tmp/b'`, `can't open '[path]' or '[path]'`],
    ['from /mnt/my own disk/node-micro-x/source: EOF', 'from [path]: EOF'],
    ['file:///tmp/x is gone', '[path] is gone'],
    [String.raw`C:\Users\Jane Doe\photo.png: cut off`, '[path]: cut off'],
    ['D:/work/photo.png: cut off', '[path]: cut off'],
    [String.raw`\\server\share\photo.png is gone`, '[path] is gone'],
    ['first /tmp/a\nthen /tmp/b', 'first [path] then [path]'],
  ])('takes away what looks like an absolute path: %s', (message, words) => {
    expect(technicalWords(message)).toBe(words);
  });

  it('makes one line of it, without control characters', () => {
    expect(technicalWords('\n tiff: \x1b[31mbad\x07\n\n  tag\x00 ')).toBe('tiff: [31mbad tag');
  });

  it('keeps as many characters as db takes', () => {
    expect(technicalWords('x'.repeat(2_000))).toBe('x'.repeat(1_000));
  });

  it.each([undefined, '', ' \n'])('is null when there are no words: %j', (message) => {
    expect(technicalWords(message)).toBeNull();
  });
});
