import { describe, expect, it } from 'vitest';
import { blackPng, gifOfFrames, pngChunk } from '../../../test/harness/damaged-pictures.js';
import { ftyp, meta } from '../../../test/harness/heif-file.js';
import { rgbPage, tiffFile } from '../../../test/harness/tiff-file.js';
import { recognizeImage } from './recognize-image.js';

const png = blackPng({ width: 8, height: 8 });
const apng = blackPng({ width: 8, height: 8, chunks: [pngChunk('acTL', Buffer.alloc(8))] });
const tiff = tiffFile([rgbPage()]);

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

describe('recognizeImage', () => {
  it.each([
    ['a JPEG', latin1('\xff\xd8\xff\xe0\0\x10JFIF'), 'image/jpeg'],
    ['a PNG', png, 'image/png'],
    ['an animated PNG', apng, 'image/apng'],
    ['a GIF', gifOfFrames(1), 'image/gif'],
    ['an old GIF', latin1('GIF87a'), 'image/gif'],
    ['a WebP', latin1('RIFF\x10\0\0\0WEBPVP8L'), 'image/webp'],
    ['a TIFF', tiff, 'image/tiff'],
    ['a BigTIFF', tiffFile([rgbPage()], { big: true, bigEndian: true }), 'image/tiff'],
    ['a TIFF of which no more than the header is there', tiff.subarray(0, 8), 'image/tiff'],
    ['a TIFF with a print-matching tag in front', tiffFile([rgbPage({ 50_341: 'PrintIM' })]), 'image/tiff'],
    ['a DNG', tiffFile([rgbPage({ 50_706: [1, 4] })]), 'image/x-adobe-dng'],
    ['an AVIF', ftyp('avif', 'mif1'), 'image/avif'],
    ['an AVIF that calls itself mif1', Buffer.concat([ftyp('mif1', 'miaf'), meta()]), 'image/avif'],
    ['an animated AVIF', ftyp('avis', 'avif'), 'image/avif-sequence'],
    ['a HEIC', ftyp('heic', 'mif1'), 'image/heic'],
    ['an SVG', latin1('<svg width="9">'), 'image/svg+xml'],
  ])('knows %s', async (_, head, type) => {
    expect(await recognizeImage(head)).toBe(type);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a GIF of no known version', latin1('GIF88a')],
    ['a page with the first bytes of a PNG', Buffer.concat([png.subarray(0, 8), latin1('<html></html>')])],
    ['a film', ftyp('isom', 'mp42')],
    ['a text', latin1('no picture at all')],
    ['a BMP', Buffer.concat([latin1('BM'), Buffer.alloc(200)])],
  ])('does not know %s', async (_, head) => {
    expect(await recognizeImage(head)).toBeNull();
  });

  it('looks for the element of an SVG in the first 4,096 bytes', async () => {
    expect(await recognizeImage(latin1(`${' '.repeat(4_000)}<svg/>`))).toBe('image/svg+xml');
    expect(await recognizeImage(latin1(`${' '.repeat(4_100)}<svg/>`))).toBeNull();
  });
});
