import { outputFormats, type OutputRecipe } from '#contracts';
import { describe, expect, it } from 'vitest';
import { formatOf, timingOf } from './image-format.js';

const source = (type: string): { type: string } => ({ type });

/** What encoding an output takes, of a source in WebP. */
function bytes(options: Partial<OutputRecipe>): number {
  return formatOf({ operations: [], format: 'same', ...options }, source('image/webp')).encodingBytes;
}

describe('the format of an output', () => {
  it.each(outputFormats.filter((format) => format !== 'same'))('is %s when the recipe says so', (format) => {
    expect(formatOf({ operations: [], format }, source('image/png')).type).toBe(`image/${format}`);
  });

  it.each([
    ['image/jpeg', 'image/jpeg'],
    ['image/png', 'image/png'],
    ['image/apng', 'image/png'],
    ['image/webp', 'image/webp'],
    ['image/gif', 'image/gif'],
    ['image/tiff', 'image/tiff'],
    ['image/avif', 'image/avif'],
    ['image/heic', 'image/jpeg'],
  ])('is that of a source of the type %s, or what it is written as: %s', (type, expected) => {
    expect(formatOf({ operations: [], format: 'same' }, source(type)).type).toBe(expected);
  });

  it.each(['image/heif', 'image/svg+xml', 'application/pdf', 'constructor'])(
    'cannot be that of a source of the type %s',
    (type) => {
      expect(() => formatOf({ operations: [], format: 'same' }, source(type))).toThrow(
        expect.objectContaining({
          code: 'unsupported-format',
          message: `Pictures of the type ${type} are not supported`,
        }) as Error,
      );
    },
  );

  it('takes more memory to encode without loss, or with all its colours', () => {
    expect(bytes({ format: 'webp', lossless: true })).toBeGreaterThan(bytes({ format: 'webp' }));
    expect(bytes({})).toBe(bytes({ lossless: true }));
    expect(bytes({ lossless: false })).toBe(bytes({ format: 'webp' }));
    expect(bytes({ format: 'avif', lossless: true })).toBeGreaterThan(bytes({ format: 'avif' }));
    expect(bytes({ format: 'png', palette: true })).toBeGreaterThan(bytes({ format: 'png' }));
    expect(bytes({ format: 'jpeg', quality: 90 })).toBeGreaterThan(bytes({ format: 'jpeg', quality: 89 }));
  });

  it('can hold an animation as GIF and WebP', () => {
    const animated = outputFormats.filter(
      (format) => format !== 'same' && formatOf({ operations: [], format }, source('image/png')).animated,
    );
    expect(animated).toEqual(['webp', 'gif']);
  });
});

it('timing is that of the source, as far as sharp can write it', () => {
  expect(timingOf({ delay: [100, 70_000], loop: 3 })).toEqual({ delay: [100, 65_535], loop: 3 });
  expect(timingOf({})).toEqual({ delay: undefined, loop: undefined });
});
