import { expect, it } from 'vitest';
import { rgbPage, tiffFile } from '../../../../test/harness/tiff-file.js';
import { bytesOf } from '../bytes/byte-source.js';
import { pictureOfTiff } from './picture-of-tiff.js';
import { readTiffDirectories } from './tiff-directory.js';

async function pageOf(...newSubfileTypes: number[]): Promise<number | undefined> {
  const file = tiffFile(newSubfileTypes.map((type) => rgbPage({ 254: [type] })));
  return pictureOfTiff(await readTiffDirectories(bytesOf(file)))?.page;
}

it.each([
  ['the only page', [0], 0],
  ['the first of a document', [2, 2, 2], 0],
  ['the page behind a preview', [1, 0], 1],
  ['the page behind a preview and a mask', [1, 4, 0, 1], 2],
  ['the page of a document behind the preview of another', [3, 2], 1],
  ['the first of nothing but previews', [1, 1], 0],
] as const)('the picture of a TIFF is %s', async (_, types, page) => {
  expect(await pageOf(...types)).toBe(page);
});

it('there is no picture where there is no directory', () => {
  expect(pictureOfTiff([])).toBeNull();
});
