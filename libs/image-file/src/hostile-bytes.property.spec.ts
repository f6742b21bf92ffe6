import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { blackPng, gifOfFrames, pngChunk } from '../../../test/harness/damaged-pictures.js';
import { box, ftyp, meta, nclx } from '../../../test/harness/heif-file.js';
import { rgbPage, tiffFile } from '../../../test/harness/tiff-file.js';
import { bytesOf, type ByteSource } from './bytes/byte-source.js';
import { colourCode } from './colour-code.js';
import { readHeif } from './heif/heif-file.js';
import { readJpeg } from './jpeg/jpeg-file.js';
import { readPng } from './png/png-file.js';
import { recognizeImage } from './recognize-image.js';
import { pictureOfTiff } from './tiff/picture-of-tiff.js';
import { readTiffDirectories } from './tiff/tiff-directory.js';
import { undecodablePicture, unsupportedPicture } from './unsupported-picture.js';
import { readWebp } from './webp/webp-file.js';

const pages = [rgbPage({ 254: [1], 271: 'A maker', 282: { fractions: [[72, 1]] } }), rgbPage({ 330: [8], 305: 'x' })];
const properties = [nclx(9, 16), box('ispe', Buffer.alloc(12))];
const jpegHead = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc2000b080030004001011100', 'hex');
const webpHead = Buffer.from('524946462a0000005745425056503858', 'hex');

/** Files that the readers get far into. */
const files = [
  tiffFile(pages),
  tiffFile(pages, { bigEndian: true }),
  tiffFile(pages, { big: true }),
  Buffer.concat([ftyp('mif1', 'avif'), meta({ items: ['grid', 'av01', 'av01'], properties }), box('moov')]),
  Buffer.concat([ftyp('heic'), meta({ items: ['hvc1'], properties, large: true })]),
  blackPng({ width: 8, height: 8, chunks: [pngChunk('cICP', Buffer.from([9, 16, 0, 1])), pngChunk('acTL', jpegHead)] }),
  Buffer.concat([jpegHead, Buffer.alloc(100)]),
  Buffer.concat([webpHead, Buffer.from([10, 0, 0, 0, 2]), Buffer.alloc(200)]),
  gifOfFrames(2),
  Buffer.from('<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><!-- c --><svg/>'),
];

/** One of them, with some bytes that are others, and perhaps cut off. */
const mutated = fc
  .tuple(
    fc.constantFrom(...files),
    fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.integer({ min: 0, max: 255 })),
      {
        maxLength: 12,
      },
    ),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.boolean(),
  )
  .map(([file, changes, part, isCut]) => {
    const changed = Buffer.from(file);
    for (const [place, value] of changes) changed[Math.floor(place * changed.length)] = value;
    return isCut ? changed.subarray(0, Math.floor(part * changed.length)) : changed;
  });

const random = fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes));

const types = ['image/tiff', 'image/avif', 'image/heic', 'image/png', 'image/apng', 'image/jpeg', 'image/webp'];

/** Nothing that a file says may make a reader ask for more than this, at once and in all. */
const [mostAtOnce, mostReads] = [5 * 1024 * 1024, 20_000];

it('whatever the bytes are, all readers answer, and read within bounds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: mutated }, random), async (file) => {
      let [reads, largest] = [0, 0];
      const bytes: ByteSource = (position, length) => {
        reads += 1;
        largest = Math.max(largest, length);
        return bytesOf(file)(position, length);
      };

      const type = await recognizeImage(file);
      pictureOfTiff(await readTiffDirectories(bytes));
      await Promise.all([readHeif(bytes), readPng(bytes), readJpeg(bytes), readWebp(bytes), colourCode(bytes)]);
      await undecodablePicture(bytes);
      const reasons = await Promise.all(types.map((each) => unsupportedPicture(bytes, each)));

      expect(type === null || /^image\/[\w+-]+$/.test(type)).toBe(true);
      for (const reason of reasons) expect(reason === null || reason.startsWith('The ')).toBe(true);
      expect(largest).toBeLessThan(mostAtOnce);
      expect(reads).toBeLessThan(mostReads);
    }),
    { numRuns: 3_000 },
  );
});
