import type { Operation } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { colours, difference, framed, pixelsOf, type Pixels } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';

/** What a camera that was held in some other way writes, for the same upright picture. */
async function turned(upright: Buffer, orientation: number): Promise<Buffer> {
  const [quarters, mirrored] = [
    [0, false],
    [0, true],
    [180, false],
    [180, true],
    [270, true],
    [270, false],
    [90, true],
    [90, false],
  ][orientation - 1] as [number, boolean];
  const stored = sharp(await sharp(upright).flop(mirrored).toBuffer()).rotate(quarters);
  return stored.withMetadata({ orientation }).png().toBuffer();
}

const made = async (source: Buffer, operations: Operation[] = []): Promise<Pixels> =>
  pixelsOf((await processOne(source, operations)).bytes);

describe('a source that was taken with the camera turned', () => {
  const orientations = [1, 2, 3, 4, 5, 6, 7, 8];

  const firsts: Operation[] = [
    { resize: { width: 20, height: 30, fit: 'cover', position: 'left top' } },
    { extract: { left: 2, top: 1, width: 20, height: 10 } },
    { trim: {} },
    { extend: { top: 5, left: 3, background: '#ff0000' } },
    { rotate: { angle: 90 } },
    { flip: {} },
    { flop: {} },
    { composite: { text: 'Hi', size: 0.9 } },
  ];

  it.each(orientations)('(orientation %i) is turned upright', async (orientation) => {
    const upright = await colours().png().toBuffer();
    const source = await turned(upright, orientation);
    expect((await sharp(source).metadata()).orientation).toBe(orientation);
    expect(await made(source)).toEqual(await pixelsOf(upright));
    expect((await sharp((await processOne(source, [])).bytes).metadata()).orientation).toBeUndefined();
  });

  it.each(orientations)('(orientation %i) is upright before any operation', async (orientation) => {
    // The corner that a trim compares with is another one in the file.
    const margin = await sharp(await framed().png().toBuffer())
      .extend({ top: 5, background: '#888888' })
      .png()
      .toBuffer();
    for (const operation of firsts) {
      const upright = 'trim' in operation ? margin : await colours().png().toBuffer();
      const fromTurned = await made(await turned(upright, orientation), [operation]);
      const expected = await made(upright, [operation]);
      expect({ ...fromTurned, data: null }, JSON.stringify(operation)).toEqual({ ...expected, data: null });
      // Scaled across instead of down, colours may be rounded otherwise.
      expect(difference(fromTurned, expected), JSON.stringify(operation)).toBeLessThan(0.5);
    }
  });
});

describe('an output', () => {
  it.each(['jpeg', 'webp', 'png', 'tiff', 'avif'] as const)(
    'as %s has none of its source’s metadata',
    async (format) => {
      const exif = { IFD0: { Copyright: 'somebody' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } };
      const source = await colours().jpeg().withExif(exif).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').toBuffer();
      const { exif: before, xmp } = await sharp(source).metadata();
      expect([before, xmp]).not.toContain(undefined);
      for (const operations of [[], [{ negate: {} }, { flop: {} }]]) {
        const image = await processOne(source, operations, { format });
        const metadata = await sharp(image.bytes).metadata();
        const left = { exif: metadata.exif, xmp: metadata.xmp, icc: metadata.icc, iptc: metadata.iptc };
        expect(left).toEqual({ exif: undefined, xmp: undefined, icc: undefined, iptc: undefined });
        expect(image.bytes.includes('somebody')).toBe(false);
      }
    },
  );

  it('has the colours of its source in sRGB, whatever profile they had', async () => {
    const srgb = await colours().png().toBuffer();
    const wide = await sharp(srgb).withIccProfile('p3').png().toBuffer();
    // Without its profile, the same numbers would be other colours.
    const numbers = await pixelsOf(await sharp(wide, { ignoreIcc: true }).png().toBuffer());
    expect(difference(numbers, await pixelsOf(srgb))).toBeGreaterThan(3);
    expect(difference(await made(wide), await pixelsOf(srgb))).toBeLessThan(2);
    expect(difference(await made(wide, [{ flop: {} }, { flop: {} }]), await pixelsOf(srgb))).toBeLessThan(2);
    expect((await sharp((await processOne(wide, [])).bytes).metadata()).hasProfile).toBe(false);
  });
});

describe('a source', () => {
  const half = { create: { width: 24, height: 24, channels: 3 as const, background: '#808080' } };

  const sources: [string, () => Promise<Buffer>, object][] = [
    ['with 16 bits a channel', () => colours().toColourspace('rgb16').png().toBuffer(), { depth: 'ushort' }],
    ['in grey', () => colours().toColourspace('b-w').png().toBuffer(), { channels: 1 }],
    [
      'in grey with 16 bits',
      () => colours().toColourspace('grey16').png().toBuffer(),
      { channels: 1, depth: 'ushort' },
    ],
    ['in grey with alpha', () => colours({ alpha: true }).toColourspace('b-w').png().toBuffer(), { channels: 2 }],
    ['in CMYK', () => colours().toColourspace('cmyk').jpeg().toBuffer(), { space: 'cmyk' }],
    ['with a palette', () => colours().png({ palette: true }).toBuffer(), { isPalette: true }],
    [
      'with one bit',
      () => colours().threshold().toColourspace('b-w').tiff({ bitdepth: 1 }).toBuffer(),
      { bitsPerSample: 1 },
    ],
    ['that is progressive', () => colours().jpeg({ progressive: true }).toBuffer(), { isProgressive: true }],
  ];

  it.each(sources)('%s becomes 8 bits a channel in sRGB', async (_what, make, before) => {
    const source = await make();
    expect(await sharp(source).metadata()).toMatchObject(before);
    for (const operations of [
      [],
      [{ flop: {} }, { flip: {} }],
      [{ resize: { width: 20 } }, { tint: { tint: '#c00' } }],
    ]) {
      const image = await processOne(source, operations);
      const { depth, space, hasProfile } = await sharp(image.bytes).metadata();
      expect({ depth, hasProfile }).toEqual({ depth: 'uchar', hasProfile: false });
      expect(space).toMatch(/^(srgb|b-w)$/);
    }
    const expected = await pixelsOf(await sharp(source).flop().png().toBuffer());
    expect(await made(source, [{ flop: {} }])).toEqual(expected);
  });

  it.each([
    ['threshold', { threshold: { grayscale: false } }],
    ['linear', { linear: { b: 60 } }],
    ['clahe', { clahe: { width: 8, height: 8 } }],
    ['median', { median: {} }],
  ] as [string, Operation][])('with 16 bits a channel gives the %s of its 8 bits', async (_name, operation) => {
    const wide = await colours().toColourspace('rgb16').png().toBuffer();
    const plain = await colours().png().toBuffer();
    expect(difference(await made(wide, [operation]), await made(plain, [operation]))).toBeLessThan(1);
  });

  it.each([
    ['tint', { tint: { tint: '#ff0000' } }, 12],
    ['extend', { extend: { left: 3, background: '#ff0000' } }, 0],
    ['rotate', { rotate: { angle: 45, background: '#ff0000' } }, 0],
    ['resize', { resize: { width: 24, height: 40, fit: 'contain', background: '#ff0000' } }, 0],
    ['linear', { linear: { a: [1, 0.2, 0.2] } }, 12],
  ] as [string, Operation, number][])('in grey gets the colour of %s', async (_name, operation, at) => {
    for (const space of ['b-w', 'grey16']) {
      const source = await sharp(half).toColourspace(space).png().toBuffer();
      const { data, width, channels } = await made(source, [operation]);
      const [red, green] = data.subarray((at * width + at) * channels);
      expect(red! - green!, space).toBeGreaterThan(80);
    }
  });

  it('that is a TIFF of several pages is its first page, not an animation', async () => {
    const pages = await sharp(await colours({ width: 20, height: 40 }).raw().toBuffer(), {
      raw: { width: 20, height: 40, channels: 3, pageHeight: 20 },
    })
      .tiff()
      .toBuffer();
    expect((await sharp(pages).metadata()).pages).toBe(2);
    const image = await processOne(pages, [{ flip: {} }], { format: 'webp' });
    const { pages: frames = 1, width, height } = await sharp(image.bytes).metadata();
    expect({ frames, width, height }).toEqual({ frames: 1, width: 20, height: 20 });
  });
});
