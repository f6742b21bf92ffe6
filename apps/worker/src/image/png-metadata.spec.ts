import { deflateSync } from 'node:zlib';
import { bytesOf } from '#image-file';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { blackPng, pngChunk, pngChunkBomb } from '../../../../test/harness/damaged-pictures.js';
import { colours } from '../../test/pictures.js';
import { requireModestMetadata } from './png-metadata.js';

const megabyte = 1024 * 1024;

async function check(picture: Buffer): Promise<void> {
  await requireModestMetadata(bytesOf(picture));
}

function withChunks(...chunks: Buffer[]): Buffer {
  return blackPng({ width: 8, height: 8, chunks });
}

/** An international text, with a language and a translated keyword. */
function iTXt(compressed: boolean, text: Buffer): Buffer {
  const head = Buffer.from(`Comment\0${compressed ? '\x01' : '\0'}\0en\0comment\0`, 'latin1');
  return pngChunk('iTXt', Buffer.concat([head, compressed ? deflateSync(text) : text]));
}

const modest: [what: string, picture: () => Buffer | Promise<Buffer>][] = [
  ['no metadata', () => withChunks()],
  ['the metadata of a photo', () => colours().withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').png().toBuffer()],
  ['a profile', () => colours().withIccProfile('p3').png().toBuffer()],
  ['a compressed text of 15 MB', () => withChunks(pngChunkBomb('zTXt', 15 * megabyte))],
  ['an international text of 15 MB', () => withChunks(iTXt(true, Buffer.alloc(15 * megabyte)))],
  [
    'many small texts',
    () => withChunks(...Array.from({ length: 20_000 }, () => pngChunk('tEXt', Buffer.from('a\0b')))),
  ],
  ['a text that cannot be inflated', () => withChunks(pngChunk('zTXt', Buffer.from('a\0\0nothing')))],
  ['pixels of 20 MB that are compressed to little', () => blackPng({ width: 13_000, height: 13_000 })],
];

it.each(modest)('a PNG with %s is left to the decoder', async (_what, picture) => {
  await expect(check(await picture())).resolves.toBeUndefined();
});

const bombs: [what: string, picture: () => Buffer][] = [
  ['a compressed text of 17 MB', () => withChunks(pngChunkBomb('zTXt', 17 * megabyte))],
  ['a compressed profile of 17 MB', () => withChunks(pngChunkBomb('iCCP', 17 * megabyte))],
  ['an international text of 17 MB', () => withChunks(iTXt(true, Buffer.alloc(17 * megabyte)))],
  ['a plain international text of 17 MB', () => withChunks(iTXt(false, Buffer.alloc(17 * megabyte)))],
  ['a plain text of 17 MB', () => withChunks(pngChunk('tEXt', Buffer.alloc(17 * megabyte)))],
  ['EXIF of 17 MB', () => withChunks(pngChunk('eXIf', Buffer.alloc(17 * megabyte)))],
  ['three texts of 6 MB', () => withChunks(...Array.from({ length: 3 }, () => pngChunkBomb('zTXt', 6 * megabyte)))],
  [
    'texts behind its pixels',
    () => Buffer.concat([withChunks().subarray(0, -12), pngChunkBomb('zTXt', 20 * megabyte)]),
  ],
];

it.each(bombs)('a PNG with %s is refused', async (_what, picture) => {
  await expect(check(picture())).rejects.toMatchObject({
    code: 'too-much-metadata',
    message: expect.stringContaining('16777216 bytes') as string,
  });
});

it('what is no PNG, or no more than its beginning, is left to the decoder', async () => {
  const png = withChunks(pngChunkBomb('zTXt', 20 * megabyte));
  const others = [
    Buffer.alloc(0),
    png.subarray(0, 5),
    png.subarray(0, 8),
    png.subarray(0, 40),
    Buffer.alloc(10_000, 0xff),
    await sharp(withChunks()).jpeg().toBuffer(),
  ];
  for (const other of others) await expect(check(other)).resolves.toBeUndefined();
});
