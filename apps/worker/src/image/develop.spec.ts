import { describe, expect, it } from 'vitest';
import { pixelsOf } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';
import { rawTiff, type RawTiff } from '../../test/raw-tiff.js';

const size = { width: 4, height: 2 };

function filled<Samples extends RawTiff['samples']>(samples: Samples, ...pixel: number[]): Samples {
  for (let at = 0; at < samples.length; at++) samples[at] = pixel[at % pixel.length]!;
  return samples;
}

async function firstPixel(source: Buffer): Promise<number[]> {
  const { data, channels } = await pixelsOf((await processOne(source, [])).bytes);
  return [...data.subarray(0, channels)];
}

describe('numbers of a file', () => {
  it('that are fractions from 0 to 1 are light, without a profile', async () => {
    const samples = filled(new Float32Array(24), 1, 0.5, 0);
    const source = rawTiff({ ...size, channels: 3, samples, photometric: 2 });
    const [red, green, blue] = await firstPixel(source);
    expect([red, blue]).toEqual([255, 0]);
    // Half of the light of white is far more than half of its number.
    expect(Math.abs(green! - 188)).toBeLessThanOrEqual(1);
  });

  it.each([
    ['below', -3, 'from -3 to 1'],
    ['above', 1200, 'from 0 to 1200'],
    ['of no value', Number.NaN, 'NaN'],
  ])('that are fractions, some of them %s, are refused with what they are', async (_what, value, said) => {
    const samples = filled(new Float32Array(8), 0.2, value);
    const source = rawTiff({ ...size, channels: 1, samples, photometric: 1 });
    await expect(processOne(source, [])).rejects.toMatchObject({
      code: 'unsupported-picture',
      message: expect.stringContaining(said) as string,
    });
  });

  it('of 32 bits have their white at the largest of them', async () => {
    const samples = filled(new Uint32Array(24), 0xffffffff, 0x80808080, 0);
    expect(await firstPixel(rawTiff({ ...size, channels: 3, samples, photometric: 2 }))).toEqual([255, 128, 0]);
  });

  it('with a sign are refused: nothing says where black is', async () => {
    const samples = filled(new Int16Array(8), 100, 1200);
    const source = rawTiff({ ...size, channels: 1, samples, photometric: 1 });
    await expect(processOne(source, [])).rejects.toMatchObject({ code: 'unsupported-picture' });
  });
});

describe('channels of a file', () => {
  it('that are neither colours nor alpha are dropped, and alpha is found among them', async () => {
    const samples = filled(new Uint8Array(48), 200, 40, 30, 7, 128, 9);
    const source = rawTiff({ ...size, channels: 6, samples, photometric: 2, extraSamples: [0, 2, 0] });
    expect(await firstPixel(source)).toEqual([200, 40, 30, 128]);
  });

  it('are refused when there are too many', async () => {
    const samples = filled(new Uint8Array(8 * 17), 1);
    const extraSamples = Array.from({ length: 14 }, () => 0);
    const source = rawTiff({ ...size, channels: 17, samples, photometric: 2, extraSamples });
    await expect(processOne(source, [])).rejects.toMatchObject({
      code: 'unsupported-picture',
      message: 'The picture has more than 16 channels, which are all that are allowed',
    });
  });
});
