import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { box, ftyp } from '../../../../test/harness/heif-file.js';
import { pictureFields, rgbPage, tiffFile } from '../../../../test/harness/tiff-file.js';
import { animatedPng, picture } from '../../test/pictures.js';
import { acceptedTypes, recognizeSource } from './image-type.js';

async function* chunksOf(bytes: Buffer, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const accepted = acceptedTypes({ heic: false });
const zip = Buffer.concat([Buffer.from('504b0304140000000000', 'hex'), Buffer.alloc(100)]);

describe('recognizeSource', () => {
  it.each([
    ['a JPEG', picture('picture.jpg'), 'image/jpeg'],
    ['a PNG', picture('picture.png'), 'image/png'],
    ['an animated PNG', animatedPng(), 'image/apng'],
    ['a WebP', picture('picture.webp'), 'image/webp'],
    ['an AVIF', picture('picture.avif'), 'image/avif'],
    ['a GIF', picture('picture.gif'), 'image/gif'],
    ['a TIFF', picture('picture.tiff'), 'image/tiff'],
    ['a TIFF whose directory comes behind all pixels', picture('directory-at-end.tiff'), 'image/tiff'],
    ['a BigTIFF', picture('big.tiff'), 'image/tiff'],
    ['a TIFF with a print-matching tag in front', tiffFile([rgbPage({ 50_341: 'PrintIM' })]), 'image/tiff'],
    ['an AVIF that calls itself mif1', ftyp('mif1', 'avif', 'miaf'), 'image/avif'],
  ])('knows %s, in one chunk and byte by byte, and passes on all of its bytes', async (_, bytes, type) => {
    for (const size of [bytes.length, 1]) {
      const recognized = await recognizeSource(chunksOf(bytes, size), accepted);

      expect(recognized.type).toBe(type);
      expect((await buffer(recognized.body)).equals(bytes)).toBe(true);
    }
  });

  it.each([
    ['SVG', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['SVG without a declaration', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')],
    ['PDF', Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj\n<<>>\nendobj\n')],
    ['HEIC', ftyp('heic')],
    ['ZIP', zip],
    ['HTML', Buffer.from('<!doctype html><title>page</title>')],
    ['text', Buffer.from('no picture at all')],
    ['one byte', Buffer.from([0xff])],
    ['noise', Buffer.concat([Buffer.from([1, 2, 3, 4]), randomBytes(10_000)])],
    ['a JPEG behind text', Buffer.concat([Buffer.from('text'), picture('picture.jpg')])],
  ])('refuses %s', async (_, bytes) => {
    for (const size of [bytes.length, 1]) {
      await expect(recognizeSource(chunksOf(bytes, size), accepted)).rejects.toMatchObject({
        code: 'unsupported-image-type',
      });
    }
  });

  it.each([
    ['a ZIP', zip, 'The content looks like application/zip'],
    ['a text', Buffer.from('text'), 'The content is of no known type'],
    ['a GIF of no known version', Buffer.from('GIF88a and so on'), 'The content is of no known type'],
    ['a HEIC', ftyp('heic', 'mif1'), 'The content is a HEIC photo, as iPhones take them; this service does not decode'],
    ['a HEIF of another kind', ftyp('mif1', 'miaf'), 'The content is a HEIF picture that is neither'],
    ['an animated AVIF', Buffer.concat([ftyp('avis', 'avif'), box('moov')]), 'The content is an animated AVIF'],
    [
      'a raw file like a TIFF',
      tiffFile([rgbPage({ 50_706: [1] })]),
      "The content is a camera's raw file (image/x-adobe-dng)",
    ],
    ['a raw file unlike a TIFF', ftyp('crx ', 'isom'), "The content is a camera's raw file (image/x-canon-cr3)"],
    ['a BMP', Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)]), 'The content is a BMP. Send it as PNG'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'The content is an SVG: a drawing'],
    ['a Photoshop document', Buffer.from('8BPS\0\x01'), 'The content is a Photoshop document'],
    ['a JPEG 2000', jpeg2000(), 'The content is a JPEG 2000'],
    ['a PDF', Buffer.from('%PDF-1.7\n'), 'The content is a PDF: a document'],
  ])('says of %s what it is, what to do, and what is allowed', async (_, bytes, words) => {
    const refusal = recognizeSource(chunksOf(bytes), accepted);

    await expect(refusal).rejects.toMatchObject({ code: 'unsupported-image-type' });
    await expect(refusal).rejects.toThrow(words);
    await expect(refusal).rejects.toThrow(/; allowed are jpg, png, webp, avif, gif, tiff$/);
  });

  it('tells whoever sends a HEIC how to send it otherwise', async () => {
    await expect(recognizeSource(chunksOf(ftyp('heic')), accepted)).rejects.toMatchObject({
      detail: expect.stringContaining(
        'Send it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible), or ask the operator for MICRO_HEIC=true',
      ) as string,
    });
  });

  it('refuses a picture of an allowed type whose first bytes say that it cannot be decoded right', async () => {
    const lab = tiffFile([{ fields: pictureFields(8, [8, 8, 8]) }]);

    await expect(recognizeSource(chunksOf(lab), accepted)).rejects.toMatchObject({
      code: 'unsupported-picture',
      detail: 'The TIFF has 8-bit CIELAB colours; allowed are 16 bits',
    });
  });

  it('judges a file alike however it arrives', async () => {
    const far = tiffFile([{ fields: pictureFields(8, [8, 8, 8]) }], { gap: Buffer.alloc(6_000) });

    for (const size of [far.length, 5_000, 100]) {
      expect((await recognizeSource(chunksOf(far, size), accepted)).type).toBe('image/tiff');
    }
  });

  it.each([
    ['no chunk', []],
    ['empty chunks', [Buffer.alloc(0), Buffer.alloc(0)]],
  ])('refuses a file of %s as empty', async (_, chunks) => {
    const stream = (async function* () {
      yield* chunks;
    })();

    await expect(recognizeSource(stream, accepted)).rejects.toMatchObject({ code: 'empty-file' });
  });

  it('takes a HEIC where HEIC is allowed, and says there that it is', async () => {
    const withHeic = acceptedTypes({ heic: true });

    expect((await recognizeSource(chunksOf(ftyp('heic')), withHeic)).type).toBe('image/heic');
    await expect(recognizeSource(chunksOf(zip), withHeic)).rejects.toMatchObject({
      detail: expect.stringMatching(/allowed are jpg, png, webp, avif, gif, tiff, heic$/) as string,
    });
  });

  it('reads no more than the beginning before it answers', async () => {
    const pulled = vi.fn<() => void>();
    const stream = (async function* () {
      yield Buffer.concat([picture('picture.png')], 4_000);
      for (;;) {
        pulled();
        yield Buffer.alloc(1_000);
      }
    })();

    await recognizeSource(stream, accepted);

    expect(pulled).toHaveBeenCalledTimes(1);
  });

  it('fails with the error of its source, in the beginning and later', async () => {
    const broken = new Error('the line is dead');
    const failing = async function* (bytes: Buffer): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw broken;
    };

    await expect(recognizeSource(failing(picture('picture.png')), accepted)).rejects.toBe(broken);
    const { body } = await recognizeSource(failing(Buffer.concat([picture('picture.png')], 5_000)), accepted);
    await expect(buffer(body)).rejects.toBe(broken);
  });
});

function jpeg2000(): Buffer {
  return Buffer.concat([Buffer.from('0000000c6a5020200d0a870a', 'hex'), ftyp('jp2 ', 'jp2 ')]);
}
