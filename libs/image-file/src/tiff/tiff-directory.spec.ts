import { describe, expect, it } from 'vitest';
import { pictureFields, rgbPage, tiffFile } from '../../../../test/harness/tiff-file.js';
import { bytesOf } from '../bytes/byte-source.js';
import { readTiffDirectories, type TiffDirectory } from './tiff-directory.js';

function directoriesOf(file: Buffer): Promise<TiffDirectory[]> {
  return readTiffDirectories(bytesOf(file));
}

const layouts = [
  ['a little-endian TIFF', {}],
  ['a big-endian TIFF', { bigEndian: true }],
  ['a little-endian BigTIFF', { big: true }],
  ['a big-endian BigTIFF', { big: true, bigEndian: true }],
] as const;

describe('readTiffDirectories', () => {
  it.each(layouts)('reads all that matters of %s', async (_, options) => {
    const fields = {
      ...pictureFields(2, [8, 8, 8, 8], 70_000),
      254: [2],
      271: 'A maker',
      282: { fractions: [[600, 2]] as [number, number][] },
      283: { fractions: [[72, 1]] as [number, number][] },
      296: [3],
      305: 'A program',
      330: [1234],
      332: [1],
      338: [2],
      339: [1, 1, 1, 1],
      530: [2, 2],
      34_675: [1],
      50_706: [1],
    };

    expect(await directoriesOf(tiffFile([{ fields }], options))).toEqual([
      {
        newSubfileType: 2,
        width: 70_000,
        height: 70_000,
        bitsPerSample: [8, 8, 8, 8],
        compression: 1,
        photometric: 2,
        samplesPerPixel: 4,
        extraSamples: [2],
        sampleFormat: [1, 1, 1, 1],
        chromaSubsampling: [2, 2],
        inkSet: 1,
        hasSubIfds: true,
        hasProfile: true,
        hasDngVersion: true,
        make: 'A maker',
        software: 'A program',
        xResolution: 300,
        yResolution: 72,
        resolutionUnit: 3,
        next: 0,
      } satisfies TiffDirectory,
    ]);
  });

  it.each(layouts)('reads all pages of %s, in their order', async (_, options) => {
    const pages = [1, 2, 3].map((width) => rgbPage({ 256: [width] }));

    expect((await directoriesOf(tiffFile(pages, options))).map(({ width }) => width)).toEqual([1, 2, 3]);
  });

  it('has nothing to say of what a directory does not say', async () => {
    expect(await directoriesOf(tiffFile([{ fields: { 256: [7] } }]))).toEqual([
      expect.objectContaining({
        newSubfileType: 0,
        width: 7,
        height: null,
        bitsPerSample: [],
        compression: null,
        make: null,
        hasSubIfds: false,
      }),
    ]);
  });

  it('takes the older SubfileType for what it means in the newer one', async () => {
    const pages = [1, 2, 3].map((type) => rgbPage({ 255: [type] }));

    expect((await directoriesOf(tiffFile(pages))).map(({ newSubfileType }) => newSubfileType)).toEqual([0, 1, 2]);
  });

  it('knows no resolution that is divided by zero', async () => {
    const page = rgbPage({ 282: { fractions: [[72, 0]] } });

    expect((await directoriesOf(tiffFile([page])))[0]).toMatchObject({ xResolution: null });
  });

  it('takes the first of two fields of one tag, as decoders do', async () => {
    const file = tiffFile([{ fields: { 256: [7], 257: [9] } }]);
    file.writeUInt16LE(256, 8 + 2 + 12);

    expect(await directoriesOf(file)).toMatchObject([{ width: 7, height: null }]);
  });

  it('ends where directories go round in a circle', async () => {
    const file = tiffFile([rgbPage(), rgbPage({ 256: [9] })]);
    const first = file.readUInt32LE(4);
    const endOf = (directory: number): number => directory + 2 + 12 * file.readUInt16LE(directory);
    file.writeUInt32LE(first, endOf(file.readUInt32LE(endOf(first))));

    expect((await directoriesOf(file)).map(({ width }) => width)).toEqual([8, 9]);
  });

  it('reads no more than 64 directories', async () => {
    expect(await directoriesOf(tiffFile(Array.from({ length: 100 }, () => rgbPage())))).toHaveLength(64);
  });

  it('does not take for a directory what says that it has more entries than any has', async () => {
    const file = tiffFile([rgbPage()]);
    file.writeUInt16LE(4_097, 8);

    expect(await directoriesOf(file)).toEqual([]);
  });

  it('reads of a value that says it is huge no more than it needs', async () => {
    const file = tiffFile([rgbPage({ 305: 'a'.repeat(10) })]);
    const entry = file.indexOf(Buffer.from([0x31, 0x01, 0x02, 0x00]));
    file.writeUInt32LE(0xffff_ffff, entry + 4);
    const lengths: number[] = [];

    await readTiffDirectories((position, length) => {
      lengths.push(length);
      return bytesOf(file)(position, length);
    });

    expect(Math.max(...lengths)).toBeLessThan(10_000);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a header alone', Buffer.from('49492a0008000000', 'hex')],
    ['half a header', Buffer.from('49492a00', 'hex')],
    ['a directory at 2^64', Buffer.from('49492b0008000000ffffffffffffffff', 'hex')],
    ['a BigTIFF with offsets of 4 bytes', Buffer.from('49492b00040000001000000000000000', 'hex')],
    ['a file of another kind', Buffer.from('no TIFF at all, but a text')],
  ])('finds none in %s', async (_, file) => {
    expect(await directoriesOf(file)).toEqual([]);
  });

  it('reads of a file that is cut off what is there', async () => {
    const file = tiffFile([rgbPage({ 271: 'A maker' })]);
    const whole = (await directoriesOf(file))[0]!;

    const afterTwoEntries = await directoriesOf(file.subarray(0, 8 + 2 + 24));
    const beforeTheValues = await directoriesOf(file.subarray(0, file.indexOf('A maker')));

    expect(afterTwoEntries).toMatchObject([{ width: 8, height: 8, compression: null, next: null }]);
    expect(beforeTheValues).toEqual([{ ...whole, bitsPerSample: expect.any(Array) as number[], make: '' }]);
  });
});
