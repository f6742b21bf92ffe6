import { describe, expect, it } from 'vitest';
import { dominantColour } from './dominant-colour.js';

type Pixel = [red: number, green: number, blue: number, alpha?: number];

/** A picture of so many pixels of each kind. */
function picture(...parts: [count: number, pixel: Pixel][]): Uint8Array {
  const pixels = parts.flatMap(([count, [red, green, blue, alpha = 255]]) =>
    Array.from({ length: count }, () => [red, green, blue, alpha]),
  );
  return Uint8Array.from(pixels.flat());
}

describe('dominantColour', () => {
  it.each(['#000000', '#ffffff', '#0f10ef', '#1a2b3c', '#807f80'])(
    'is the very colour of a plain picture: %s',
    (hex) => {
      const pixel = [...Buffer.from(hex.slice(1), 'hex')] as Pixel;

      expect(dominantColour(picture([50, pixel]))).toBe(hex);
    },
  );

  it('is what most pixels have, not the mean of all', () => {
    expect(dominantColour(picture([60, [200, 30, 20]], [40, [0, 0, 255]]))).toBe('#c81e14');
  });

  it('counts near colours together, also on both sides of a level', () => {
    const reds = picture([20, [207, 15, 16]], [20, [208, 16, 15]], [30, [0, 0, 255]]);

    expect(dominantColour(reds)).toBe('#d01010');
  });

  it('does not count what is transparent, whatever colour is hidden there', () => {
    expect(dominantColour(picture([90, [255, 255, 255, 0]], [10, [10, 120, 40]]))).toBe('#0a7828');
  });

  it('counts a pixel as much as it is opaque', () => {
    const half: Pixel = [255, 255, 255, 100];

    expect(dominantColour(picture([60, half], [40, [10, 120, 40]]))).toBe('#0a7828');
    expect(dominantColour(picture([60, half], [10, [10, 120, 40]]))).toBe('#ffffff');
  });

  it('is none where nothing can be seen', () => {
    expect(dominantColour(picture([9, [1, 2, 3, 0]]))).toBeNull();
  });
});
