import { expect, it } from 'vitest';
import { box, ftyp, meta } from '../../../../test/harness/heif-file.js';
import { bytesOf } from '../bytes/byte-source.js';
import { readHeif } from './heif-file.js';
import { heifType } from './heif-type.js';

const [avif, sequence, heic, heif] = ['image/avif', 'image/avif-sequence', 'image/heic', 'image/heif'];

it.each([
  ['the brand avif', [ftyp('avif', 'mif1')], avif],
  ['the major brand mif1, compatible with avif', [ftyp('mif1', 'avif', 'miaf'), meta()], avif],
  ['the major brand mif1, and AV1', [ftyp('mif1', 'miaf'), meta()], avif],
  ['the major brand miaf, and a grid of AV1', [ftyp('miaf'), meta({ items: ['grid', 'av01'] })], avif],
  ['frames and a still picture', [ftyp('avif', 'avis', 'mif1'), meta(), box('moov')], avif],
  ['the major brand avis', [ftyp('avis', 'avif', 'mif1'), meta(), box('moov')], sequence],
  ['the major brand avis and no picture', [ftyp('avis', 'msf1'), box('moov')], sequence],
  ['frames alone', [ftyp('avif', 'avis'), box('moov')], sequence],
  ['the brand heic', [ftyp('heic', 'mif1')], heic],
  ['the brand heix', [ftyp('heix')], heic],
  ['the brand hevc', [ftyp('hevc')], heic],
  ['the brand heim', [ftyp('heim')], heic],
  ['the brand heis', [ftyp('heis')], heic],
  ['the major brand mif1, compatible with heic', [ftyp('mif1', 'heic')], heic],
  ['the major brand mif1, and HEVC', [ftyp('mif1', 'miaf'), meta({ items: ['hvc1'] })], heic],
  ['the brand avif, and a grid of HEVC', [ftyp('avif', 'mif1'), meta({ items: ['grid', 'hvc1'] })], heic],
  ['the major brand mif1 alone', [ftyp('mif1', 'miaf')], heif],
  ['the brand heic, and JPEG', [ftyp('heic', 'mif1'), meta({ items: ['jpeg'] })], heif],
  ['the brands of a film', [ftyp('isom', 'mp42'), box('moov')], null],
  ['the brands of a film, and a picture in it', [ftyp('mp42', 'isom'), meta(), box('moov')], null],
  ['the brand of a raw file', [ftyp('crx ', 'isom')], null],
] as const)('a file is known by what it has: %s', async (_, boxes, type) => {
  const file = await readHeif(bytesOf(Buffer.concat([...boxes])));

  expect(heifType(file!)).toBe(type);
});
