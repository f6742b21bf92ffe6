import { describe, expect, it } from 'vitest';
import { box, ftyp, fullBox, meta, nclx, uint } from '../../../../test/harness/heif-file.js';
import { bytesOf } from '../bytes/byte-source.js';
import { readHeif, type HeifFile } from './heif-file.js';

function read(...boxes: Buffer[]): Promise<HeifFile | null> {
  return readHeif(bytesOf(Buffer.concat(boxes)));
}

const avif = ftyp('avif', 'mif1', 'miaf');
const size = fullBox('ispe', 0, uint(640, 4), uint(480, 4));
const depth = fullBox('pixi', 0, Buffer.from([3, 10, 10, 10]));
const profile = box('colr', Buffer.from('profa profile'));

describe('readHeif', () => {
  it('reads the brands', async () => {
    expect(await read(ftyp('mif1', 'avif', 'miaf'))).toEqual({
      majorBrand: 'mif1',
      compatibleBrands: ['avif', 'miaf'],
      picture: null,
      hasMovie: false,
    });
  });

  it.each([
    ['short', false],
    ['long', true],
  ])('reads what the primary item is, with %s ids', async (_, large) => {
    const file = await read(avif, meta({ properties: [size, depth, nclx(9, 16, 9, false), profile], large }));

    expect(file!.picture).toEqual({
      itemType: 'av01',
      coding: 'av01',
      width: 640,
      height: 480,
      bitsPerChannel: [10, 10, 10],
      colour: { primaries: 9, transfer: 16, matrix: 9, fullRange: false },
      hasProfile: true,
      profile: Buffer.from('a profile'),
      quarterTurns: 0,
    });
  });

  it.each([0, 1, 2, 3])('reads that the picture is to be turned by %i quarters', async (quarterTurns) => {
    const turn = box('irot', uint(quarterTurns, 1));

    expect((await read(avif, meta({ properties: [size, turn] })))!.picture).toMatchObject({ width: 640, quarterTurns });
  });

  it.each(['grid', 'iovl', 'iden'])('reads how the parts of a picture are coded that is a %s', async (itemType) => {
    const file = await read(avif, meta({ items: [itemType, 'hvc1', 'hvc1'], large: itemType === 'iden' }));

    expect(file!.picture).toMatchObject({ itemType, coding: 'hvc1' });
  });

  it('does not know how a grid is coded whose parts are not named', async () => {
    expect((await read(avif, meta({ items: ['grid'] })))!.picture).toMatchObject({ itemType: 'grid', coding: null });
  });

  it('takes from all properties only those of the primary item', async () => {
    const file = await read(avif, meta({ properties: [nclx(1, 13), size, nclx(12, 13)], own: [2, 3] }));

    expect(file!.picture).toMatchObject({ width: 640, colour: { primaries: 12 } });
  });

  it('passes over what comes before the metadata, and boxes of 64-bit size', async () => {
    const skipped = box('free', Buffer.alloc(100_000));
    const large = Buffer.concat([uint(1, 4), Buffer.from('uuid'), uint(0, 2), uint(48, 6), Buffer.alloc(32)]);

    expect((await read(avif, skipped, large, meta()))!.picture).toMatchObject({ coding: 'av01' });
  });

  it('sees the frames of a sequence, with or without a still picture', async () => {
    expect(await read(ftyp('avis'), box('moov'))).toMatchObject({ picture: null, hasMovie: true });
    expect(await read(ftyp('avis'), meta(), box('moov'))).toMatchObject({
      picture: { coding: 'av01' },
      hasMovie: true,
    });
  });

  it('has no picture where the metadata is cut off before it is named', async () => {
    const whole = Buffer.concat([avif, meta({ properties: [size] })]);
    const beforeItems = whole.subarray(0, whole.indexOf('infe'));

    expect(await readHeif(bytesOf(beforeItems))).toMatchObject({ majorBrand: 'avif', picture: null });
    expect((await readHeif(bytesOf(whole.subarray(0, whole.indexOf('ipma')))))!.picture).toMatchObject({
      coding: 'av01',
      width: null,
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('this is no box, but a text')],
    ['a box of another type', box('moov')],
    ['a box that is too small to be one', Buffer.concat([uint(4, 4), Buffer.from('ftypavif')])],
    ['a box without a brand', box('ftyp')],
  ])('does not take for one: %s', async (_, file) => {
    expect(await readHeif(bytesOf(file))).toBeNull();
  });

  it('ends where boxes go on to the end of the file, or are too many', async () => {
    const toTheEnd = Buffer.concat([uint(0, 4), Buffer.from('mdat'), Buffer.alloc(100)]);
    const many = Array.from({ length: 1_000 }, () => box('free'));

    expect((await read(avif, toTheEnd, meta()))!.picture).toBeNull();
    expect((await read(avif, ...many, meta()))!.picture).toBeNull();
  });
});
