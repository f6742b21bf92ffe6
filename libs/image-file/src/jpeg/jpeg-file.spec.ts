import { expect, it } from 'vitest';
import { bytesOf } from '../bytes/byte-source.js';
import { readJpeg } from './jpeg-file.js';

function segment(marker: number, content: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length + 2);
  return Buffer.concat([Buffer.from([0xff, marker]), length, content]);
}

const start = Buffer.from([0xff, 0xd8]);
const exif = segment(0xe1, Buffer.alloc(60_000));
const tables = segment(0xdb, Buffer.alloc(65));

function frame(marker: number, bits = 8): Buffer {
  return segment(marker, Buffer.from([bits, 0, 48, 0, 64, 1, 1, 0x11, 0]));
}

it.each([
  ['a baseline one', [start, tables, frame(0xc0)], { progressive: false }],
  ['a progressive one', [start, tables, frame(0xc2)], { progressive: true }],
  ['a progressive one behind much of EXIF', [start, exif, tables, frame(0xc2)], { progressive: true }],
  ['a progressive one in arithmetic coding', [start, frame(0xca)], { progressive: true }],
  ['one whose tables come first', [start, segment(0xc4, Buffer.alloc(20)), frame(0xc0)], { progressive: false }],
  ['one with bytes that fill up', [start, Buffer.alloc(9, 0xff), frame(0xc2).subarray(1)], { progressive: true }],
  ['one of 12 bits', [start, frame(0xc1, 12)], { bitsPerSample: 12 }],
  ['a lossless one of 16 bits', [start, frame(0xc3, 16)], { bitsPerSample: 16, progressive: false }],
  ['a JPEG-LS', [start, frame(0xf7)], { isJpegLs: true }],
])('the frame header of a JPEG says what it is: %s', async (_, parts, file) => {
  expect(await readJpeg(bytesOf(Buffer.concat(parts)))).toEqual({
    progressive: false,
    bitsPerSample: 8,
    isJpegLs: false,
    ...file,
  });
});

it.each([
  ['nothing', []],
  ['no JPEG', [Buffer.from('no JPEG at all')]],
  ['a JPEG that is cut off in its EXIF', [start, exif.subarray(0, 4_000)]],
  ['a JPEG that is cut off in its frame header', [start, frame(0xc0).subarray(0, 4)]],
  ['a JPEG that begins with its pixels', [start, segment(0xda, Buffer.alloc(10)), frame(0xc0)]],
  ['a JPEG that ends at once', [start, Buffer.from([0xff, 0xd9]), frame(0xc0)]],
  [
    'a JPEG of nothing but small segments',
    [start, ...Array.from({ length: 2_000 }, () => segment(0xfe, start)), frame(0xc0)],
  ],
  ['segments that go on with other bytes', [start, tables, Buffer.from('text'), frame(0xc0)]],
])('there is no frame header in %s', async (_, parts) => {
  expect(await readJpeg(bytesOf(Buffer.concat(parts)))).toBeNull();
});
