import type { Recipe } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { heic, heicOfSaidSize, quadrantsOf, type HeicName } from '../../test/heic-pictures.js';
import { pixelsOf } from '../../test/pictures.js';
import { processAll, processOne, type Limits } from '../../test/processing.js';
import { ImageFailure, ProcessingTimeout } from './image-failure.js';

const on: Limits = { heic: true };

async function failureOf(source: Buffer, limits: Limits = {}): Promise<ImageFailure> {
  const failure: unknown = await processOne(source, [], {}, { ...on, ...limits }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ImageFailure);
  return failure as ImageFailure;
}

describe('a HEIC', () => {
  const upright = ['red', 'green', 'blue', 'yellow'];
  const pictures: [name: HeicName, width: number, height: number, quadrants: string[]][] = [
    ['plain', 64, 48, upright],
    ['ten-bit', 64, 48, upright],
    ['p3', 64, 48, upright],
    ['nclx-p3', 64, 48, upright],
    ['exif-orientation', 64, 48, upright],
    ['turned', 48, 64, ['blue', 'red', 'yellow', 'green']],
    ['mirrored', 48, 64, ['red', 'blue', 'green', 'yellow']],
  ];

  it.each(pictures)('(%s) becomes %i × %i pixels of sRGB, upright', async (name, width, height, quadrants) => {
    const image = await processOne(heic(name), [], {}, on);

    expect(image).toMatchObject({ type: 'image/png', width, height });
    const { hasProfile, orientation, hasAlpha } = await sharp(image.bytes).metadata();
    expect({ hasProfile, orientation, hasAlpha }).toEqual({
      hasProfile: false,
      orientation: undefined,
      hasAlpha: false,
    });
    expect(quadrantsOf(await pixelsOf(image.bytes))).toEqual(quadrants);
  });

  it('keeps its transparency in formats that have it', async () => {
    const { data, channels } = await pixelsOf((await processOne(heic('alpha'), [], {}, on)).bytes);

    expect(channels).toBe(4);
    expect(Math.abs(data[3]! - 128)).toBeLessThanOrEqual(2);
  });

  it('has the operations of a recipe done to it as it is seen', async () => {
    const image = await processOne(heic('turned'), [{ extract: { left: 0, top: 0, width: 24, height: 32 } }], {}, on);

    expect(image).toMatchObject({ width: 24, height: 32 });
    expect(new Set(quadrantsOf(await pixelsOf(image.bytes)))).toEqual(new Set(['blue']));
  });

  it('is decoded once for several outputs, and becomes a JPEG where the format is to stay', async () => {
    const outputs: Recipe['outputs'] = {
      same: { operations: [], format: 'same' },
      small: { operations: [{ resize: { width: 16 } }], format: 'same' },
    };

    const [same, small] = await processAll(heic('p3'), { outputs }, on);

    expect(same).toMatchObject({ type: 'image/jpeg', width: 64, height: 48 });
    expect(small).toMatchObject({ type: 'image/jpeg', width: 16, height: 12 });
    expect((await sharp(same!.bytes).metadata()).format).toBe('jpeg');
  });

  it('is left to other workers by one that decodes none', async () => {
    await expect(processOne(heic('plain'), [])).rejects.toMatchObject({
      code: 'unsupported-image-type',
      detail: expect.stringContaining('MICRO_HEIC=true') as string,
    });
  });
});

describe('a HEIC beyond the limits', () => {
  it('has too many pixels by what its container says, before it is decoded', async () => {
    expect(await failureOf(heicOfSaidSize('plain', 20_000, 10_000))).toMatchObject({
      code: 'too-many-pixels',
      message: 'The picture has 200000000 pixels; at most 100000000 are allowed',
    });
    expect(await failureOf(heic('plain'), { pixelLimit: 64 * 48 - 1 })).toMatchObject({ code: 'too-many-pixels' });
    await expect(processOne(heic('plain'), [], {}, { ...on, pixelLimit: 64 * 48 })).resolves.toBeDefined();
  });

  it('has more pixels than it says, and is not decoded', async () => {
    expect(await failureOf(heicOfSaidSize('plain', 8, 8))).toMatchObject({ code: 'undecodable-image' });
  });

  it('takes more memory than there is', async () => {
    expect(await failureOf(heic('plain'), { imageMemoryBytes: 8_000_000 })).toMatchObject({ code: 'too-much-memory' });
  });

  it('takes more time than one output may', async () => {
    await expect(processOne(heic('plain'), [], {}, { ...on, processingSeconds: 0.001 })).rejects.toBeInstanceOf(
      ProcessingTimeout,
    );
  });
});

describe('a damaged HEIC', () => {
  const [whole, turned] = [heic('plain'), heic('turned')];

  it.each([
    ['in its metadata', whole, 200, 'the beginning of the file is damaged, or cut off'],
    ['in a tile', whole, whole.length - 50, 'the file is damaged, or cut off'],
    ['in its pixels', turned, turned.length - 50, 'the file is cut off, its end is missing'],
  ])('that is cut off %s fails for good, in plain words', async (_where, file, length, why) => {
    const failure = await failureOf(file.subarray(0, length));

    expect(failure).toMatchObject({ code: 'undecodable-image', message: `The picture cannot be decoded: ${why}` });
    expect(failure.technical).toMatch(/\w/);
  });

  it('whose metadata is wrong at any place ends in a failure or a picture', async () => {
    for (let at = 24; at < whole.indexOf('mdat'); at += 23) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0xff;
      const outcome: unknown = await processOne(damaged, [], {}, on).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, `byte ${at}`).toBeInstanceOf(ImageFailure);
      else expect(outcome).toMatchObject({ type: 'image/png' });
    }
  });
});
