import { describe, expect, it } from 'vitest';
import { rgbPage, tiffFile, type TiffFields } from '../../../../test/harness/tiff-file.js';
import { bytesOf } from '../bytes/byte-source.js';
import { cameraRawType } from './camera-raw.js';

function typeOf(...pages: TiffFields[]): Promise<string | null> {
  return cameraRawType(bytesOf(tiffFile(pages.map((fields) => rgbPage(fields)))));
}

const preview = { 254: [1], 330: [9_999] };
const canon = Buffer.from('CR\x02\0\0\0\0\0', 'latin1');

describe('cameraRawType', () => {
  it.each([
    ['a DNG, by its version', [{ 50_706: [1, 4] }], 'image/x-adobe-dng'],
    ['a DNG of a maker', [{ ...preview, 271: 'SONY', 50_706: [1, 4] }], 'image/x-adobe-dng'],
    ['Nikon, by its compression', [{ 259: [34_713] }], 'image/x-nikon-nef'],
    ['Sony, by its compression', [{ 259: [32_767] }], 'image/x-sony-arw'],
    ['Pentax, by its compression', [{}, { 259: [65_535] }], 'image/x-pentax-pef'],
    ['a colour filter array', [{ 262: [32_803] }], 'image/x-dcraw'],
    ['linear raw samples behind a preview', [{ 254: [1] }, { 262: [34_892] }], 'image/x-dcraw'],
    ['Nikon, by its preview', [{ ...preview, 271: 'NIKON CORPORATION' }], 'image/x-nikon-nef'],
    ['Sony, by its preview', [{ ...preview, 271: 'SONY' }], 'image/x-sony-arw'],
    ['Samsung, by its preview', [{ ...preview, 271: 'SAMSUNG' }], 'image/x-samsung-srw'],
    ['any maker, by its preview', [{ ...preview, 271: 'Leaf' }], 'image/x-dcraw'],
  ])('knows the raw file of a camera: %s', async (_, pages, type) => {
    expect(await typeOf(...(pages as TiffFields[]))).toBe(type);
  });

  it('knows the raw file of a Canon by its mark', async () => {
    expect(await cameraRawType(bytesOf(tiffFile([rgbPage()], { gap: canon })))).toBe('image/x-canon-cr2');
  });

  const many = Object.fromEntries(Array.from({ length: 18 }, (_unused, index) => [40_000 + index, [index]]));
  it.each([
    ['a print-matching tag in front', [{ 50_341: 'PrintIM' }]],
    ['28 tags', [{ 254: [0], ...many }]],
    [
      '31 tags, of which the first is ProcessingSoftware',
      [{ 11: 'a program', ...many, 41_000: [1], 41_001: [1], 41_002: [1] }],
    ],
    ['the maker and the model of a scanner', [{ 271: 'EPSON', 272: 'Perfection' }]],
    ['a preview in front', [{ 254: [1] }, {}]],
    ['a preview in front, of a scanner', [{ 254: [1], 271: 'EPSON' }, {}]],
    ['smaller copies of its picture', [{ 330: [9_999], 271: 'A maker' }]],
    ['a mask', [{}, { 254: [4], 262: [4] }]],
  ])('does not take for one a TIFF with %s', async (_, pages) => {
    expect(await typeOf(...(pages as TiffFields[]))).toBeNull();
  });

  it('does not take pixels that begin with CR for the mark of a Canon', async () => {
    const pixels = Buffer.concat([canon], 64);

    expect(await cameraRawType(bytesOf(tiffFile([rgbPage()], { gap: pixels })))).toBeNull();
  });

  it('does not take a TIFF for one whose directory it cannot see', async () => {
    const file = tiffFile([rgbPage()], { gap: Buffer.alloc(10_000) });

    expect(await cameraRawType(bytesOf(file.subarray(0, 4_100)))).toBeNull();
  });
});
