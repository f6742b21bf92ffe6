import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { animatedPng, picture } from '../../test/pictures.js';
import { recognizeSource } from './image-type.js';

async function* chunksOf(bytes: Buffer, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function ftyp(brand: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}\0\0\0\0mif1${brand}`), Buffer.alloc(64)]);
}

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
  ])('knows %s, in one chunk and byte by byte, and passes on all of its bytes', async (_, bytes, type) => {
    for (const size of [bytes.length, 1]) {
      const recognized = await recognizeSource(chunksOf(bytes, size));

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
      await expect(recognizeSource(chunksOf(bytes, size))).rejects.toMatchObject({ code: 'unsupported-image-type' });
    }
  });

  it('says what it saw, and what is allowed', async () => {
    await expect(recognizeSource(chunksOf(zip))).rejects.toMatchObject({
      detail: 'The content looks like application/zip; allowed are jpg, png, webp, avif, gif, tiff',
    });
    await expect(recognizeSource(chunksOf(Buffer.from('text')))).rejects.toMatchObject({
      detail: expect.stringContaining('The content is of no known type') as string,
    });
  });

  it.each([
    ['no chunk', []],
    ['empty chunks', [Buffer.alloc(0), Buffer.alloc(0)]],
  ])('refuses a file of %s as empty', async (_, chunks) => {
    const stream = (async function* () {
      yield* chunks;
    })();

    await expect(recognizeSource(stream)).rejects.toMatchObject({ code: 'empty-file' });
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

    await recognizeSource(stream);

    expect(pulled).toHaveBeenCalledTimes(1);
  });

  it('fails with the error of its source, in the beginning and later', async () => {
    const broken = new Error('the line is dead');
    const failing = async function* (bytes: Buffer): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw broken;
    };

    await expect(recognizeSource(failing(picture('picture.png')))).rejects.toBe(broken);
    const { body } = await recognizeSource(failing(Buffer.concat([picture('picture.png')], 5_000)));
    await expect(buffer(body)).rejects.toBe(broken);
  });
});
