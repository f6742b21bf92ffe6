import type { ExifDir } from 'sharp';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { colours } from '../../test/pictures.js';
import { cameraFacts } from './camera-facts.js';

const nothing = { camera: null, takenAt: null };

/** EXIF as sharp gives it, of a picture that has these tags. */
async function exifOf(camera: ExifDir, shot: ExifDir = {}, format: 'jpeg' | 'png' | 'webp' | 'avif' = 'jpeg') {
  const place = { GPSLatitude: '51/1 30/1 0/1', GPSDateStamp: '2024:05:06' };
  const exif = { IFD0: camera, IFD2: shot, IFD3: place };
  const source = await colours().withExif(exif).toFormat(format).toBuffer();
  return (await sharp(source).metadata()).exif!;
}

async function cameraOf(camera: ExifDir): Promise<string | null> {
  return cameraFacts(await exifOf(camera)).camera;
}

async function takenAt(DateTimeOriginal: string, offset: ExifDir = {}): Promise<string | null> {
  return cameraFacts(await exifOf({}, { DateTimeOriginal, ...offset })).takenAt;
}

describe('cameraFacts', () => {
  it.each(['jpeg', 'png', 'webp', 'avif'] as const)('tells the camera and the time of a %s', async (format) => {
    const exif = await exifOf(
      { Make: 'Apple', Model: 'iPhone 15' },
      { DateTimeOriginal: '2024:05:06 07:08:09' },
      format,
    );

    expect(cameraFacts(exif)).toEqual({ camera: 'Apple iPhone 15', takenAt: '2024-05-06T07:08:09' });
  });

  it('tells nothing of the place, the owner or the serial number', async () => {
    const exif = await exifOf(
      { Make: 'Apple', Artist: 'Jane', Copyright: 'Jane', HostComputer: 'Jane’s Mac' },
      { CameraOwnerName: 'Jane', BodySerialNumber: '0815', LensSerialNumber: '4711' },
    );

    expect(cameraFacts(exif)).toEqual({ camera: 'Apple', takenAt: null });
  });

  it('tells nothing of a source without EXIF, or with broken EXIF', async () => {
    const exif = await exifOf({ Make: 'Apple' });

    expect(cameraFacts()).toEqual(nothing);
    for (const broken of [Buffer.alloc(0), Buffer.from('Exif\0\0'), Buffer.from('nonsense'), exif.subarray(0, 12)]) {
      expect(cameraFacts(broken), broken.toString('latin1')).toEqual(nothing);
    }
  });

  it('takes nothing but EXIF for EXIF, not even a picture that has some', async () => {
    const source = await colours()
      .withExif({ IFD0: { Make: 'Apple' } })
      .jpeg()
      .toBuffer();

    expect(cameraFacts(source)).toEqual(nothing);
    expect(cameraFacts(Buffer.concat([Buffer.from('Exif\0\0'), source]))).toEqual(nothing);
  });

  it('reads EXIF cut off or turned anywhere without an error', async () => {
    const exif = await exifOf({ Make: 'Apple', Model: 'iPhone 15' }, { DateTimeOriginal: '2024:05:06 07:08:09' });
    for (let at = 0; at < exif.length; at++) {
      expect(Object.keys(cameraFacts(exif.subarray(0, at)))).toEqual(Object.keys(nothing));
      const turned = Buffer.from(exif);
      turned[at]! ^= 0xff;
      expect(Object.keys(cameraFacts(turned))).toEqual(Object.keys(nothing));
    }
  });

  it('makes no more of EXIF than it is, whatever sizes it claims', () => {
    const before = process.memoryUsage().rss;

    expect(cameraFacts(exifBomb(64_000)).takenAt).toBeNull();
    expect(cameraFacts(exifBomb(4_000_000)).takenAt).toBeNull();

    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
  });

  describe('the camera', () => {
    it.each([
      [{ Make: 'Canon', Model: 'Canon EOS 5D' }, 'Canon EOS 5D'],
      [{ Make: 'NIKON CORPORATION', Model: 'NIKON D850' }, 'NIKON D850'],
      [{ Make: 'samsung', Model: 'SM-G991B' }, 'samsung SM-G991B'],
      [{ Make: 'Apple' }, 'Apple'],
      [{ Model: 'X100V' }, 'X100V'],
      [{ Make: ' FUJIFILM  ', Model: ' X100V\t' }, 'FUJIFILM X100V'],
      [{ Make: ' ', Model: ' ' }, null],
    ])('of %j is %j', async (camera, name) => {
      expect(await cameraOf(camera)).toBe(name);
    });

    it('may have any letters', async () => {
      const exif = await exifOf({ Model: '-------' });
      exif.write('Ä 漢\0', exif.indexOf('-------'));

      expect(cameraFacts(exif).camera).toBe('Ä 漢');
    });

    it('has a name of 100 characters at most', async () => {
      expect(await cameraOf({ Model: 'x'.repeat(500) })).toBe('x'.repeat(100));
    });
  });

  describe('the time', () => {
    it.each(['+02:00', '-03:30', '+00:00'])('has the offset that the source says: %s', async (offset) => {
      expect(await takenAt('2024:05:06 07:08:09', { OffsetTimeOriginal: offset })).toBe(`2024-05-06T07:08:09${offset}`);
    });

    it.each([' ', 'summer', '+2:00', '+99:00'])('has no offset that is none: %j', async (offset) => {
      expect(await takenAt('2024:05:06 07:08:09', { OffsetTimeOriginal: offset })).toBe('2024-05-06T07:08:09');
    });

    it.each([
      '0000:00:00 00:00:00',
      '0001:01:01 00:00:00',
      '2024:13:01 00:00:00',
      '2024:02:30 00:00:00',
      '2024:05:06 24:00:00',
      '    :  :     :  :  ',
      '2024-05-06',
      'yesterday',
    ])('is unknown when the source says %j', async (time) => {
      expect(await takenAt(time)).toBeNull();
    });
  });
});

/** EXIF of so many bytes that is nothing but tags, each of which claims all of it as its value. */
function exifBomb(size: number): Buffer {
  const exif = Buffer.alloc(size);
  const count = Math.min(65_535, Math.floor((size - 14) / 12));
  const make = 271;
  const [bytes, text] = [1, 2];
  exif.write('II*\0', 'latin1');
  exif.writeUInt32LE(8, 4);
  exif.writeUInt16LE(count, 8);
  for (let tag = 0; tag < count; tag++) {
    const at = 10 + tag * 12;
    exif.writeUInt16LE(tag % 2 === 0 ? make : tag, at);
    exif.writeUInt16LE(tag % 3 === 0 ? bytes : text, at + 2);
    exif.writeUInt32LE(size - 100, at + 4);
    exif.writeUInt32LE(8, at + 8);
  }
  return exif;
}
