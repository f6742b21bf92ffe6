import { expect, it } from 'vitest';
import { blackPng, pngChunk } from '../../../test/harness/damaged-pictures.js';
import { ftyp, meta, nclx } from '../../../test/harness/heif-file.js';
import { rgbPage, tiffFile } from '../../../test/harness/tiff-file.js';
import { bytesOf } from './bytes/byte-source.js';
import { colourCode } from './colour-code.js';

function png(...chunks: Buffer[]): Buffer {
  return blackPng({ width: 8, height: 8, chunks });
}

it.each([
  [
    'an AVIF in Display P3',
    Buffer.concat([ftyp('avif'), meta({ properties: [nclx(12, 13)] })]),
    { primaries: 12, transfer: 13 },
  ],
  ['an AVIF that does not say it', Buffer.concat([ftyp('avif'), meta()]), null],
  ['a PNG in PQ', png(pngChunk('cICP', Buffer.from([9, 16, 0, 1]))), { primaries: 9, transfer: 16 }],
  ['a PNG that does not say it', png(), null],
  ['a TIFF', tiffFile([rgbPage()]), null],
  ['nothing', Buffer.alloc(0), null],
])('the colour code of %s is read', async (_, file, code) => {
  expect(await colourCode(bytesOf(file))).toEqual(code);
});
