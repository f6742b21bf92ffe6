import { describe, expect, it } from 'vitest';
import { blackPng, pngChunk } from '../../../test/harness/damaged-pictures.js';
import { ftyp, meta, nclx } from '../../../test/harness/heif-file.js';
import { pictureFields, tiffFile } from '../../../test/harness/tiff-file.js';
import { bytesOf } from './bytes/byte-source.js';
import { undecodablePicture, unsupportedPicture } from './unsupported-picture.js';

function png(...chunks: Buffer[]): Buffer {
  return blackPng({ width: 8, height: 8, chunks });
}

function avif(transfer: number, majorBrand = 'avif'): Buffer {
  return Buffer.concat([ftyp(majorBrand, 'avif', 'mif1'), meta({ properties: [nclx(9, transfer)] })]);
}

function jpeg(marker: number, bits: number): Buffer {
  return Buffer.from([0xff, 0xd8, 0xff, marker, 0, 11, bits, 0, 48, 0, 64, 1, 1, 0x11, 0]);
}

const cicp = (transfer: number): Buffer => pngChunk('cICP', Buffer.from([9, transfer, 0, 1]));

describe('unsupportedPicture', () => {
  it.each([
    ['an AVIF in PQ', avif(16), 'image/avif', 'high dynamic range (PQ)'],
    ['an AVIF in HLG', avif(18), 'image/avif', 'high dynamic range (HLG)'],
    ['an AVIF of another major brand', avif(13, 'miaf'), 'image/avif', 'major brand miaf; allowed are avif and mif1'],
    ['an AVIF of an unreadable major brand', avif(13, '\0\x07\xffa'), 'image/avif', 'major brand ???a'],
    ['a PNG in PQ', png(cicp(16)), 'image/png', 'high dynamic range (PQ)'],
    ['an animated PNG in HLG', png(cicp(18)), 'image/apng', 'high dynamic range (HLG)'],
    ['a HEIC in PQ', avif(16, 'heic'), 'image/heic', 'high dynamic range (PQ)'],
    ['a TIFF of doubles', tiffFile([{ fields: { ...pictureFields(1, [64]), 339: [3] } }]), 'image/tiff', '64-bit'],
    ['a JPEG of 12 bits', jpeg(0xc1, 12), 'image/jpeg', '12-bit samples; allowed are 8 bits'],
    ['a JPEG-LS', jpeg(0xf7, 8), 'image/jpeg', 'JPEG-LS; allowed are'],
  ])('says what cannot be decoded right, and what can: %s', async (_, file, type, words) => {
    const reason = await unsupportedPicture(bytesOf(file), type);

    expect(reason).toMatch(/^The (picture|AVIF|TIFF|JPEG) (is|has) .*; allowed (is|are) .*[^.]$/);
    expect(reason).toContain(words);
  });

  it.each([
    ['an AVIF in sRGB', avif(13), 'image/avif'],
    ['an AVIF that calls itself mif1', avif(13, 'mif1'), 'image/avif'],
    ['a PNG in BT.709', png(cicp(1)), 'image/png'],
    ['a PNG', png(), 'image/png'],
    ["a PNG of Apple's own kind", cgbi(), 'image/png'],
    ['a JPEG', jpeg(0xc0, 8), 'image/jpeg'],
    ['a lossless JPEG', jpeg(0xc3, 8), 'image/jpeg'],
    ['a JPEG of which only the beginning is there', jpeg(0xc1, 12).subarray(0, 4), 'image/jpeg'],
    ['a TIFF', tiffFile([{ fields: pictureFields(1, [8]) }]), 'image/tiff'],
    ['a GIF', Buffer.from('GIF89a'), 'image/gif'],
    ['a WebP', Buffer.from('RIFF'), 'image/webp'],
  ])('has nothing against %s', async (_, file, type) => {
    expect(await unsupportedPicture(bytesOf(file), type)).toBeNull();
  });
});

it("a PNG of Apple's own kind is known as one that only Apple's decoders read", async () => {
  expect(await undecodablePicture(bytesOf(cgbi()))).toBe(
    "It is a PNG of Apple's own kind (CgBI), made for apps, which only Apple's decoders read",
  );
  expect(await undecodablePicture(bytesOf(png()))).toBeNull();
  expect(await undecodablePicture(bytesOf(Buffer.from('no PNG')))).toBeNull();
});

function cgbi(): Buffer {
  const plain = png();
  return Buffer.concat([plain.subarray(0, 8), pngChunk('CgBI', Buffer.from([0x50, 0, 0x20, 6])), plain.subarray(8)]);
}
