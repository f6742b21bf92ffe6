import { describe, expect, it } from 'vitest';
import { pictureFields, rgbPage, tiffFile, type TiffFields } from '../../../../test/harness/tiff-file.js';
import { bytesOf } from '../bytes/byte-source.js';
import { unsupportedTiff } from './unsupported-tiff.js';

function reasonOf(...pages: TiffFields[]): Promise<string | null> {
  return unsupportedTiff(bytesOf(tiffFile(pages.map((fields) => ({ fields })))));
}

const rgb = pictureFields(2, [8, 8, 8]);
const times = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const lab = (bits: number): TiffFields => pictureFields(8, times(3, bits));

describe('unsupportedTiff', () => {
  it.each([
    ['8-bit CIELAB', lab(8), '8-bit CIELAB colours; allowed are 16 bits'],
    ['CIELAB with alpha', { ...pictureFields(8, times(4, 8)), 338: [2] }, '8-bit CIELAB'],
    ['32-bit CIELAB', lab(32), '32-bit CIELAB'],
    ['CIELAB that is only L', pictureFields(8, [16]), 'without a and b'],
    ['ICC L*a*b*', { ...lab(16), 262: [9] }, 'ICC L*a*b* colours; allowed are grey, RGB, palette'],
    ['ITU L*a*b*', { ...lab(16), 262: [10] }, 'ITU L*a*b*'],
    ['a mask', pictureFields(4, [1]), 'a transparency mask'],
    ['a colour filter array', pictureFields(32_803, [16]), 'the raw data of a sensor'],
    ['linear raw samples', pictureFields(34_892, times(3, 16)), 'the linear raw data of a sensor'],
    ['LogLuv', pictureFields(32_845, times(3, 16)), 'high dynamic range'],
    ['a depth map', pictureFields(51_177, [16]), 'a depth map'],
    ['colours that nobody knows', pictureFields(777, [16]), 'an unknown kind (photometric 777)'],
    ['YCbCr in full', { ...pictureFields(6, times(3, 8)), 530: [1, 1] }, 'YCbCr colours in full resolution'],
    ['YCbCr by LZW', { ...pictureFields(6, times(3, 8)), 259: [5], 530: [1, 1] }, 'not compressed by JPEG'],
    ['16-bit YCbCr', pictureFields(6, times(3, 16)), '16-bit YCbCr colours; allowed are 8 bits'],
    ['doubles', { ...pictureFields(1, [64]), 339: [3] }, '64-bit floating-point samples; allowed are 16 and 32 bits'],
    ['24-bit floats', { ...pictureFields(1, [24]), 339: [3] }, '24-bit floating-point samples'],
    ['complex integers', { ...pictureFields(1, [32]), 339: [5] }, 'complex samples; allowed are unsigned integers'],
    ['complex floats', { ...pictureFields(1, [64]), 339: [6] }, 'complex samples'],
    ['signed bytes', { ...pictureFields(1, [8]), 339: [2] }, 'signed integer samples'],
    ['heights', { ...pictureFields(1, [16]), 339: [2] }, 'signed integer samples'],
    ['signed 32-bit colours', { ...pictureFields(2, times(3, 32)), 339: [2, 2, 2] }, 'signed integer samples'],
    ['samples of an unknown format', { ...rgb, 339: [9, 9, 9] }, 'unknown (9) samples'],
    ['samples of several formats', { ...rgb, 339: [1, 1, 3] }, 'samples of several formats'],
    ['samples of several sizes', pictureFields(2, [5, 6, 5]), 'samples of several sizes'],
    ['12-bit samples', pictureFields(1, [12]), '12-bit samples; allowed are 8, 16 and 32 bits'],
    ['24-bit samples', pictureFields(1, [24]), '24-bit samples'],
    ['64-bit samples', pictureFields(1, [64]), '64-bit samples'],
    ['4-bit RGB', pictureFields(2, [4, 4, 4]), '4-bit samples'],
    ['1-bit grey with alpha', pictureFields(1, [1, 1]), '1-bit samples'],
    ['RGB of one sample', pictureFields(2, [8]), 'RGB colours of 1 samples a pixel'],
    ['a 32-bit palette', pictureFields(3, [32]), 'a palette for 32-bit samples'],
    ['other inks', { ...pictureFields(5, times(4, 8)), 332: [2] }, 'other inks than CMYK'],
    ['three inks', pictureFields(5, times(3, 8)), '3 inks; allowed are the four of CMYK'],
    ['32-bit CMYK', pictureFields(5, times(4, 32)), '32-bit CMYK'],
    ['CMYK in floats', { ...pictureFields(5, times(4, 32)), 339: times(4, 3) }, 'floating-point CMYK'],
    ['floats of which 0 is white', { ...pictureFields(0, [32]), 339: [3] }, 'of which 0 is white'],
    ['old-style JPEG', { ...rgb, 259: [6] }, 'compressed by old-style JPEG; allowed are PackBits, LZW'],
    ['JPEG 2000', { ...rgb, 259: [34_712] }, 'compressed by JPEG 2000'],
    ['LERC', { ...rgb, 259: [34_887] }, 'compressed by LERC'],
    ['LZMA', { ...rgb, 259: [34_925] }, 'compressed by LZMA'],
    ['Zstandard', { ...rgb, 259: [50_000] }, 'compressed by Zstandard'],
    ['a compression that nobody knows', { ...rgb, 259: [777] }, 'an unknown method (777)'],
  ])('says what a TIFF has that cannot be decoded right: %s', async (_, fields, words) => {
    const reason = await reasonOf(fields);

    expect(reason).toMatch(/^The TIFF (has|is compressed by) [^;]+; allowed (is|are) [^;]+[^.]$/);
    expect(reason).toContain(words);
  });

  it.each([
    ['RGB', rgb],
    ['RGB with alpha and more', { ...pictureFields(2, times(5, 8)), 338: [2, 0] }],
    ['16-bit grey', pictureFields(1, [16])],
    ['32-bit unsigned grey', pictureFields(1, [32])],
    ['32-bit unsigned RGB', pictureFields(2, times(3, 32))],
    ['floats', { ...pictureFields(1, [32]), 339: [3] }],
    ['half floats', { ...pictureFields(2, times(3, 16)), 339: times(3, 3) }],
    ['untyped samples', { ...rgb, 339: [4, 4, 4] }],
    ['black and white', pictureFields(0, [1])],
    ['2-bit grey', pictureFields(1, [2])],
    ['a 4-bit palette', pictureFields(3, [4])],
    ['a 16-bit palette', pictureFields(3, [16])],
    ['a palette with alpha', pictureFields(3, [8, 8])],
    ['CMYK', pictureFields(5, times(4, 8))],
    ['CMYK with a spot colour', pictureFields(5, times(5, 16))],
    ['16-bit CIELAB', lab(16)],
    ['16-bit CIELAB that says which samples have a sign', { ...lab(16), 339: [2, 2, 2] }],
    ['CIELAB in floats', { ...lab(32), 339: [3, 3, 3] }],
    ['YCbCr in JPEG', { ...pictureFields(6, times(3, 8)), 259: [7], 530: [1, 1] }],
    ['subsampled YCbCr', { ...pictureFields(6, times(3, 8)), 530: [2, 1] }],
    ['YCbCr that is subsampled by default', pictureFields(6, times(3, 8))],
    ...[1, 2, 3, 4, 5, 7, 8, 32_773, 32_946, 50_001].map((each): [string, TiffFields] => [
      `compression ${each}`,
      { ...rgb, 259: [each] },
    ]),
  ])('has nothing against %s', async (_, fields) => {
    expect(await reasonOf(fields)).toBeNull();
  });

  it('judges the picture, not its preview', async () => {
    expect(await reasonOf({ ...rgb, 254: [1], 259: [6] }, rgb)).toBeNull();
    expect(await reasonOf({ ...rgb, 254: [1] }, lab(8))).toContain('CIELAB');
    expect(await reasonOf({ ...lab(8), 254: [1] })).toContain('CIELAB');
  });

  it('does not judge what it cannot see', async () => {
    const file = tiffFile([rgbPage({ 254: [1], 259: [6] }), rgbPage({ 259: [6] })]);
    const second = file.lastIndexOf(Buffer.from([0x00, 0x01, 0x03, 0x00])) - 2;
    expect(await unsupportedTiff(bytesOf(file))).toContain('old-style JPEG');

    expect(await unsupportedTiff(bytesOf(file.subarray(0, second)))).toBeNull();
    expect(await unsupportedTiff(bytesOf(Buffer.from('no TIFF')))).toBeNull();
  });
});
