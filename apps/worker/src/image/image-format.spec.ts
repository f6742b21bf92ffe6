import { outputFormats } from '#contracts';
import type { Metadata } from 'sharp';
import { describe, expect, it } from 'vitest';
import { formatOf, timingOf } from './image-format.js';

const source = (metadata: object): Metadata => metadata as Metadata;

describe('the format of an output', () => {
  it.each(outputFormats.filter((format) => format !== 'same'))('is %s when the recipe says so', (format) => {
    expect(formatOf({ operations: [], format }, source({ format: 'png' })).type).toBe(`image/${format}`);
  });

  it.each([
    ['jpeg', {}, 'image/jpeg'],
    ['png', {}, 'image/png'],
    ['webp', {}, 'image/webp'],
    ['gif', {}, 'image/gif'],
    ['tiff', {}, 'image/tiff'],
    ['heif', { compression: 'av1' }, 'image/avif'],
  ])('is that of a source in %s', (format, more, type) => {
    expect(formatOf({ operations: [], format: 'same' }, source({ format, ...more })).type).toBe(type);
  });

  it.each([
    ['heif', { compression: 'hevc' }],
    ['svg', {}],
    ['pdf', {}],
    ['constructor', {}],
  ])('cannot be that of a source in %s', (format, more) => {
    expect(() => formatOf({ operations: [], format: 'same' }, source({ format, ...more }))).toThrow(
      expect.objectContaining({
        code: 'unsupported-format',
        message: `Pictures of the format ${format} are not supported`,
      }) as Error,
    );
  });

  it('can hold an animation as GIF and WebP', () => {
    const animated = outputFormats.filter(
      (format) => format !== 'same' && formatOf({ operations: [], format }, source({})).animated,
    );
    expect(animated).toEqual(['webp', 'gif']);
  });
});

it('timing is that of the source, as far as sharp can write it', () => {
  expect(timingOf(source({ delay: [100, 70_000], loop: 3, width: 9 }))).toEqual({ delay: [100, 65_535], loop: 3 });
  expect(timingOf(source({ width: 9 }))).toEqual({ delay: undefined, loop: undefined });
});
