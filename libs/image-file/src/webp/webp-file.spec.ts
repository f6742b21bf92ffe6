import { expect, it } from 'vitest';
import { bytesOf } from '../bytes/byte-source.js';
import { readWebp } from './webp-file.js';

function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

function webp(...chunks: Buffer[]): Buffer {
  const content = Buffer.concat([Buffer.from('WEBP'), ...chunks]);
  return chunk('RIFF', content);
}

function extended(flags: number): Buffer {
  return chunk('VP8X', Buffer.from([flags, 0, 0, 0, 7, 0, 0, 7, 0, 0]));
}

function frame(picture: Buffer): Buffer {
  return chunk('ANMF', Buffer.concat([Buffer.alloc(16), picture]));
}

const lossy = chunk('VP8 ', Buffer.alloc(31));
const lossless = chunk('VP8L', Buffer.alloc(33));
const alpha = chunk('ALPH', Buffer.alloc(7));
const profile = chunk('ICCP', Buffer.alloc(5_001));
const animation = chunk('ANIM', Buffer.alloc(6));

it.each([
  ['a lossy one', webp(lossy), { lossless: false, animated: false }],
  ['a lossless one', webp(lossless), { lossless: true, animated: false }],
  ['a lossy one in the extended layout', webp(extended(0x10), alpha, lossy), { lossless: false, animated: false }],
  [
    'a lossless one in the extended layout',
    webp(extended(0x20), profile, lossless),
    { lossless: true, animated: false },
  ],
  [
    'an animation without loss',
    webp(extended(2), animation, frame(lossless), frame(lossless)),
    { lossless: true, animated: true },
  ],
  [
    'an animation with loss',
    webp(extended(2), animation, frame(Buffer.concat([alpha, lossy])), frame(lossless)),
    { lossless: false, animated: true },
  ],
  [
    'an animation of which one frame is lossy',
    webp(extended(2), animation, frame(lossless), frame(lossy)),
    { lossless: false, animated: true },
  ],
  [
    'one that is cut off in its profile',
    webp(extended(0x22), profile).subarray(0, 90),
    { lossless: null, animated: true },
  ],
])('a WebP says what it is: %s', async (_, file, said) => {
  expect(await readWebp(bytesOf(file))).toEqual(said);
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['another RIFF', chunk('RIFF', Buffer.from('WAVEfmt and so on'))],
  ['its first bytes alone', webp(lossy).subarray(0, 12)],
  ['a WebP of no known coding', webp(chunk('VP9 ', Buffer.alloc(4)))],
])('what is no WebP is not taken for one: %s', async (_, file) => {
  expect(await readWebp(bytesOf(file))).toBeNull();
});
