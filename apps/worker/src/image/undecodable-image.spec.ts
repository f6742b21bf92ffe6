import { describe, expect, it } from 'vitest';
import { undecodableImage } from './undecodable-image.js';

describe('undecodableImage', () => {
  it.each([
    ['once what libvips says twice', 'heifload: bad data\nheifload: bad data', 'heifload: bad data'],
    [
      'nothing of where in which file',
      '/tmp/node-micro-x/source: bad seek to 1134\ntiff2vips: no IFD',
      'tiff2vips: no IFD',
    ],
    ['that it is damaged, when no word is left', '/tmp/node-micro-x/source: bad seek to 1134', 'it is damaged'],
  ])('says %s', (_what, message, reason) => {
    expect(undecodableImage(new Error(message))).toMatchObject({
      code: 'undecodable-image',
      message: `The picture cannot be decoded: ${reason}`,
    });
  });

  it('tells a picture of too many pixels from a damaged one', () => {
    expect(undecodableImage(new Error('Input image exceeds pixel limit')).code).toBe('too-many-pixels');
  });
});
