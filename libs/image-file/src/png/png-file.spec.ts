import { expect, it } from 'vitest';
import { blackPng, pngChunk } from '../../../../test/harness/damaged-pictures.js';
import { bytesOf } from '../bytes/byte-source.js';
import { readPng } from './png-file.js';

function pngWith(...chunks: Buffer[]): Buffer {
  return blackPng({ width: 8, height: 8, chunks });
}

const animationControl = pngChunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
const plain = { isCgBI: false, animated: false, colour: null };
const displayP3Hlg = pngChunk('cICP', Buffer.from([12, 18, 0, 1]));

it.each([
  ['a plain one', pngWith(), plain],
  ['an animated one', pngWith(animationControl), { ...plain, animated: true }],
  ['one with a colour code', pngWith(displayP3Hlg), { ...plain, colour: { primaries: 12, transfer: 18 } }],
  [
    'one with a colour code behind a long text',
    pngWith(pngChunk('tEXt', Buffer.alloc(100_000)), displayP3Hlg),
    { ...plain, colour: { primaries: 12, transfer: 18 } },
  ],
  ['one with a colour code of another length', pngWith(pngChunk('cICP', Buffer.from([9, 16]))), plain],
  ["one of Apple's own kind", cgbi(), { ...plain, isCgBI: true }],
  ['one that is cut off behind its header', pngWith(animationControl).subarray(0, 33), plain],
])('a PNG says what it is: %s', async (_, png, file) => {
  expect(await readPng(bytesOf(png))).toEqual(file);
});

it('what comes behind the first pixels of a PNG is no longer of its head', async () => {
  const late = Buffer.concat([pngWith().subarray(0, -12), animationControl, displayP3Hlg]);

  expect(await readPng(bytesOf(late))).toEqual(plain);
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['its signature alone', pngWith().subarray(0, 8)],
  ['its signature before a page', Buffer.concat([pngWith().subarray(0, 8), Buffer.from('<html></html>')])],
  ['pixels without a header', Buffer.concat([pngWith().subarray(0, 8), pngChunk('IDAT', Buffer.alloc(9))])],
  ['a text', Buffer.from('no PNG')],
])('what is no PNG is not taken for one: %s', async (_, bytes) => {
  expect(await readPng(bytesOf(bytes))).toBeNull();
});

function cgbi(): Buffer {
  const png = pngWith();
  return Buffer.concat([png.subarray(0, 8), pngChunk('CgBI', Buffer.from([0x50, 0, 0x20, 6])), png.subarray(8)]);
}
