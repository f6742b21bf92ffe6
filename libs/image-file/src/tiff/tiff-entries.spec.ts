import { expect, it } from 'vitest';
import { bytesOf } from '../bytes/byte-source.js';
import { readFirstEntries } from './tiff-entries.js';

async function textsOf(file: Buffer, longest = 100): Promise<Record<string, string>> {
  const entries = await readFirstEntries(bytesOf(file));
  const texts: Record<string, string> = {};
  for (const tag of [315, 33_432]) {
    const text = await entries?.textBytes(tag, longest);
    if (text) texts[tag] = text.toString();
  }
  return texts;
}

/** Two fields: an artist who fits into the directory, and a copyright behind it. */
const little = '49492a0008000000 0200 3b01020004000000416e6e00 988202000600000026000000 00000000 486572657300';
const big = '4d4d002a00000008 0002 013b000200000004416e6e00 829800020000000600000026 00000000 486572657300';
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

it.each([
  ['little-endian', little],
  ['big-endian', big],
])('texts are found in a %s TIFF', async (_order, file) => {
  expect(await textsOf(bytes(file))).toEqual({ 315: 'Ann\0', 33_432: 'Heres\0' });
});

it('a text is read as far as it may be long', async () => {
  expect(await textsOf(bytes(little), 5)).toMatchObject({ 33_432: 'Heres' });
});

it.each([
  ['no TIFF', Buffer.from('JFIF and more')],
  ['an empty file', Buffer.alloc(0)],
  ['a directory beyond the end', Buffer.from('49492a00ffffff7f', 'hex')],
  ['a directory cut short', bytes(little).subarray(0, 18)],
  ['a field of numbers', bytes(little.replace('3b01020004', '3b01040001').replace('98820200', '98820300'))],
])('there are none in %s', async (_what, file) => {
  expect(await textsOf(file)).toEqual({});
});
