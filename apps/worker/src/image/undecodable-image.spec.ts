import { describe, expect, it } from 'vitest';
import { undecodableImage } from './undecodable-image.js';

describe('undecodableImage', () => {
  it.each([
    ['cut off', 'VipsJpeg: premature end of JPEG image\nvips2png: unable to write to target /dev/null'],
    ['cut off', 'pngload: libspng read error'],
    ['damaged', 'heifload: bad data\nheifload: bad data'],
    ['no picture', 'Input file contains unsupported image format'],
    ['beginning', 'Input file has corrupt header: tiff2vips: no IFD'],
    ['damaged', ''],
  ])('says in plain words that a file is %s', (word, message) => {
    const { code, message: plain } = undecodableImage(new Error(message));
    expect(code).toBe('undecodable-image');
    expect(plain).toMatch(/^The picture cannot be decoded: /);
    expect(plain).toContain(word);
    expect(plain).not.toMatch(/vips|libspng|load|tmp|dev/i);
  });

  it.each([
    ['once what the library says twice', 'heifload: bad data\nheifload: bad data', 'heifload: bad data'],
    ['not where in which file', '/tmp/node-micro-x/source: bad seek to 1134\ntiff2vips: no IFD', 'tiff2vips: no IFD'],
    ['not where it wrote to', 'a: b\nvips2png: unable to write to target /dev/null', 'a: b'],
  ])('says in technical words %s', (_what, message, technical) => {
    expect(undecodableImage(new Error(message)).technical).toBe(technical);
  });

  it('tells a picture of too many pixels from a damaged one', () => {
    expect(undecodableImage(new Error('Input image exceeds pixel limit')).code).toBe('too-many-pixels');
  });
});
