import { fileURLToPath } from 'node:url';
import { operationNames, type Operation, type OperationName, type OperationParameters } from '#contracts';
import sharp, { type Matrix3x3, type Matrix4x4, type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { colours, framed, pixelsOf } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';
import { readWatermark } from './operations/watermark.js';

interface Case<Name extends OperationName> {
  parameters: OperationParameters[Name];
  /** The same in sharp's own words. */
  bySharp: (image: Sharp) => Sharp;
  /** What it is done to; an opaque picture in colours when not said. */
  to?: () => Sharp;
}

type Cases = { [Name in OperationName]: Case<Name>[] };

const transparent = (): Sharp => colours({ alpha: true });
const swap: Matrix3x3 = [
  [0, 0, 1],
  [0, 1, 0],
  [1, 0, 0],
];
const swapKeepingAlpha: Matrix4x4 = [
  [0, 0, 1, 0],
  [0, 1, 0, 0],
  [1, 0, 0, 0],
  [0, 0, 0, 1],
];

/** A text in a box of 24 × 16 pixels; the size of its font is a quarter of the shorter side. */
const text = {
  font: 'Noto Sans Medium 4',
  fontfile: fileURLToPath(import.meta.resolve('@expo-google-fonts/noto-sans/500Medium/NotoSans_500Medium.ttf')),
  rgba: true,
  width: 24,
  height: 16,
};
const white60 = '<span fallback="false" foreground="white" alpha="39321">© You</span>';
const green20 = '<span fallback="false" foreground="#0f0" alpha="13107">© You</span>';

const logo = await colours({ width: 10, height: 8 }).png().toBuffer();
const watermarks = new Map([['logo', await readWatermark(logo)]]);

/** Written by hand: what each operation means, whatever the table of operations says. */
const cases: Cases = {
  resize: [
    { parameters: { width: 20 }, bySharp: (image) => image.resize(20) },
    { parameters: { height: 20 }, bySharp: (image) => image.resize(null, 20) },
    { parameters: { width: 20, height: 20 }, bySharp: (image) => image.resize(20, 20) },
    {
      parameters: { width: 20, height: 30, fit: 'cover', position: 'left top' },
      bySharp: (image) => image.resize(20, 30, { fit: 'cover', position: 'left top' }),
    },
    {
      parameters: { width: 10, height: 30, position: 'entropy' },
      bySharp: (image) => image.resize(10, 30, { position: 'entropy' }),
    },
    {
      parameters: { width: 10, height: 30, position: 'attention' },
      bySharp: (image) => image.resize(10, 30, { position: 'attention' }),
    },
    {
      parameters: { width: 40, height: 40, fit: 'contain', background: '#ff000080' },
      bySharp: (image) => image.resize(40, 40, { fit: 'contain', background: '#ff000080' }),
    },
    {
      parameters: { width: 60, height: 20, fit: 'fill' },
      bySharp: (image) => image.resize(60, 20, { fit: 'fill' }),
    },
    { parameters: { width: 20, fit: 'fill' }, bySharp: (image) => image.resize(20, 32, { fit: 'fill' }) },
    {
      parameters: { width: 20, height: 20, fit: 'inside' },
      bySharp: (image) => image.resize(20, 20, { fit: 'inside' }),
    },
    {
      parameters: { width: 20, height: 20, fit: 'outside' },
      bySharp: (image) => image.resize(20, 20, { fit: 'outside' }),
    },
    {
      parameters: { width: 200, withoutEnlargement: true },
      bySharp: (image) => image,
    },
    {
      parameters: { width: 20, withoutReduction: true },
      bySharp: (image) => image.resize(20, null, { withoutReduction: true }),
    },
    { parameters: { width: 20 }, bySharp: (image) => image.resize(20), to: transparent },
  ],
  extract: [
    {
      parameters: { left: 3, top: 5, width: 7, height: 11 },
      bySharp: (image) => image.extract({ left: 3, top: 5, width: 7, height: 11 }),
    },
  ],
  trim: [
    { parameters: {}, bySharp: (image) => image.extract({ left: 6, top: 6, width: 20, height: 20 }), to: framed },
    { parameters: { threshold: 120 }, bySharp: (image) => image.trim({ threshold: 120 }), to: framed },
    {
      parameters: { background: 'white', lineArt: true },
      bySharp: (image) => image.trim({ background: 'white', lineArt: true }),
      to: framed,
    },
    { parameters: { background: 'black' }, bySharp: (image) => image.trim({ background: 'black' }), to: framed },
  ],
  extend: [
    {
      parameters: { top: 1, bottom: 2, left: 3, right: 4 },
      bySharp: (image) => image.extend({ top: 1, bottom: 2, left: 3, right: 4 }),
    },
    {
      parameters: { left: 3, background: '#0f08' },
      bySharp: (image) => image.extend({ left: 3, background: '#00ff0088' }),
    },
    { parameters: { top: 9, extendWith: 'copy' }, bySharp: (image) => image.extend({ top: 9, extendWith: 'copy' }) },
    {
      parameters: { left: 9, extendWith: 'repeat' },
      bySharp: (image) => image.extend({ left: 9, extendWith: 'repeat' }),
    },
    {
      parameters: { left: 9, extendWith: 'mirror' },
      bySharp: (image) => image.extend({ left: 9, extendWith: 'mirror' }),
    },
  ],
  rotate: [
    { parameters: { angle: 90 }, bySharp: (image) => image.rotate(90) },
    { parameters: { angle: -180 }, bySharp: (image) => image.rotate(180) },
    { parameters: { angle: 360 }, bySharp: (image) => image },
    { parameters: { angle: 12.5 }, bySharp: (image) => image.rotate(12.5) },
    {
      parameters: { angle: 45, background: 'transparent' },
      bySharp: (image) => image.rotate(45, { background: 'transparent' }),
    },
  ],
  flip: [{ parameters: {}, bySharp: (image) => image.flip() }],
  flop: [{ parameters: {}, bySharp: (image) => image.flop() }],
  negate: [
    { parameters: {}, bySharp: (image) => image.negate() },
    { parameters: {}, bySharp: (image) => image.negate({ alpha: false }), to: transparent },
    { parameters: { alpha: true }, bySharp: (image) => image.negate({ alpha: true }), to: transparent },
  ],
  grayscale: [
    { parameters: {}, bySharp: (image) => image.grayscale() },
    { parameters: {}, bySharp: (image) => image.grayscale(), to: transparent },
  ],
  tint: [
    { parameters: { tint: '#c84' }, bySharp: (image) => image.tint('#cc8844') },
    { parameters: { tint: '#0000ff' }, bySharp: (image) => image.tint('#0000ff'), to: transparent },
  ],
  modulate: [
    { parameters: { brightness: 1.5 }, bySharp: (image) => image.modulate({ brightness: 1.5 }) },
    { parameters: { saturation: 0.2 }, bySharp: (image) => image.modulate({ saturation: 0.2 }) },
    { parameters: { hue: -120 }, bySharp: (image) => image.modulate({ hue: -120 }) },
    { parameters: { lightness: 20 }, bySharp: (image) => image.modulate({ lightness: 20 }) },
    { parameters: {}, bySharp: (image) => image },
  ],
  normalise: [
    { parameters: {}, bySharp: (image) => image.normalise() },
    { parameters: { lower: 20 }, bySharp: (image) => image.normalise({ lower: 20, upper: 99 }) },
    { parameters: { upper: 70 }, bySharp: (image) => image.normalise({ lower: 1, upper: 70 }) },
  ],
  clahe: [
    { parameters: { width: 8, height: 4 }, bySharp: (image) => image.clahe({ width: 8, height: 4 }) },
    {
      parameters: { width: 9, height: 9, maxSlope: 0 },
      bySharp: (image) => image.clahe({ width: 9, height: 9, maxSlope: 0 }),
    },
  ],
  gamma: [
    { parameters: {}, bySharp: (image) => image.gamma() },
    { parameters: { gamma: 1.5 }, bySharp: (image) => image.gamma(1.5) },
    { parameters: { gammaOut: 1 }, bySharp: (image) => image.gamma(2.2, 1) },
    { parameters: { gamma: 3, gammaOut: 2 }, bySharp: (image) => image.gamma(3, 2) },
  ],
  linear: [
    { parameters: { a: 0.5 }, bySharp: (image) => image.linear(0.5, 0) },
    { parameters: { b: 40 }, bySharp: (image) => image.linear(1, 40) },
    { parameters: { a: 1.2, b: -30 }, bySharp: (image) => image.linear(1.2, -30), to: transparent },
    { parameters: { a: [1, 0.5, 0.2] }, bySharp: (image) => image.linear([1, 0.5, 0.2], [0, 0, 0]) },
    { parameters: { b: [0, 50, 0] }, bySharp: (image) => image.linear([1, 1, 1], [0, 50, 0]) },
    { parameters: { a: 0.5, b: [0, 50, 0] }, bySharp: (image) => image.linear([0.5, 0.5, 0.5], [0, 50, 0]) },
    {
      parameters: { a: [1, 1, 1, 0.5], b: [9, 8, 7, 6] },
      bySharp: (image) => image.linear([1, 1, 1, 0.5], [9, 8, 7, 6]),
      to: transparent,
    },
  ],
  threshold: [
    { parameters: {}, bySharp: (image) => image.threshold() },
    { parameters: { threshold: 60 }, bySharp: (image) => image.threshold(60) },
    { parameters: { grayscale: true }, bySharp: (image) => image.threshold(128) },
    { parameters: { grayscale: false }, bySharp: (image) => image.threshold(128, { grayscale: false }) },
  ],
  flatten: [
    { parameters: {}, bySharp: (image) => image.flatten(), to: transparent },
    {
      parameters: { background: '#fff' },
      bySharp: (image) => image.flatten({ background: '#ffffff' }),
      to: transparent,
    },
  ],
  recomb: [
    { parameters: { matrix: swap }, bySharp: (image) => image.recomb(swap) },
    { parameters: { matrix: swap }, bySharp: (image) => image.recomb(swap), to: transparent },
    { parameters: { matrix: swapKeepingAlpha }, bySharp: (image) => image.recomb(swapKeepingAlpha), to: transparent },
  ],
  blur: [
    { parameters: {}, bySharp: (image) => image.blur() },
    { parameters: { sigma: 2.5 }, bySharp: (image) => image.blur(2.5) },
    { parameters: { sigma: 2.5 }, bySharp: (image) => image.blur(2.5), to: transparent },
  ],
  sharpen: [
    { parameters: {}, bySharp: (image) => image.sharpen() },
    { parameters: { sigma: 2 }, bySharp: (image) => image.sharpen({ sigma: 2 }) },
    {
      parameters: { sigma: 2, m1: 0, m2: 3, x1: 3, y2: 15, y3: 15 },
      bySharp: (image) => image.sharpen({ sigma: 2, m1: 0, m2: 3, x1: 3, y2: 15, y3: 15 }),
    },
    { parameters: { m1: 5 }, bySharp: (image) => image.sharpen() },
  ],
  median: [
    { parameters: {}, bySharp: (image) => image.median(3) },
    { parameters: { size: 5 }, bySharp: (image) => image.median(5) },
  ],
  composite: [
    {
      parameters: { text: '© You', size: 0.5 },
      bySharp: (image) => image.composite([{ input: { text: { ...text, text: white60 } }, gravity: 'southeast' }]),
    },
    {
      parameters: { text: '© You', size: 0.5, gravity: 'northwest', colour: '#0f0', opacity: 0.2, tile: true },
      bySharp: (image) =>
        image.composite([
          {
            input: { text: { ...text, text: green20 } },
            gravity: 'northwest',
            tile: true,
          },
        ]),
    },
    {
      parameters: { image: 'logo', size: 1, opacity: 1 },
      bySharp: (image) => image.composite([{ input: logo, gravity: 'southeast' }]),
    },
    {
      parameters: { image: 'logo', size: 1, opacity: 1, gravity: 'centre', tile: true },
      bySharp: (image) => image.composite([{ input: logo, gravity: 'centre', tile: true }]),
    },
  ],
};

describe.each(operationNames)('%s', (name) => {
  it.each(cases[name] as Case<OperationName>[])('$parameters gives the pixels that sharp gives', async (example) => {
    const { parameters, bySharp, to = colours } = example;
    const source = await to().png().toBuffer();
    const expected = await pixelsOf(await bySharp(sharp(source)).png().toBuffer());
    const operation = { [name]: parameters } as unknown as Operation;
    const made = await processOne(source, [operation], {}, {}, watermarks);
    const { data, ...size } = await pixelsOf(made.bytes);
    const { data: expectedData, ...expectedSize } = expected;
    expect(size).toEqual(expectedSize);
    expect(made).toMatchObject({ width: expectedSize.width, height: expectedSize.height });
    expect(data.equals(expectedData)).toBe(true);
  });

  it.each(cases[name] as Case<OperationName>[])('$parameters gives the same pixels as TIFF', async (example) => {
    const { parameters, to = colours } = example;
    const source = await to().png().toBuffer();
    const operation = { [name]: parameters } as unknown as Operation;
    const made = await processOne(source, [operation], { format: 'tiff' }, {}, watermarks);
    expect((await sharp(made.bytes).metadata()).depth).toBe('uchar');
    const asPng = await processOne(source, [operation], {}, {}, watermarks);
    expect(await pixelsOf(made.bytes)).toEqual(await pixelsOf(asPng.bytes));
  });

  it('changes what is seen', async () => {
    const { parameters, to = colours } = cases[name][0] as Case<OperationName>;
    const source = await to().png().toBuffer();
    const made = await processOne(source, [{ [name]: parameters } as unknown as Operation]);
    expect((await pixelsOf(made.bytes)).data.equals((await pixelsOf(source)).data)).toBe(false);
  });
});

it('a text with markup characters is drawn as it stands', async () => {
  const source = await colours({ width: 200, height: 100 }).png().toBuffer();
  const drawn = async (as: string): Promise<Buffer> =>
    (await pixelsOf((await processOne(source, [{ composite: { text: as, size: 1 } }])).bytes)).data;
  const markup = '&lt;b&gt;R&amp;D&lt;/b&gt; &amp;amp;';
  const bySharp = sharp(source).composite([
    {
      input: {
        text: {
          ...text,
          text: white60.replace('© You', markup),
          font: 'Noto Sans Medium 25',
          width: 200,
          height: 100,
        },
      },
      gravity: 'southeast',
    },
  ]);
  expect((await drawn('<b>R&D</b> &amp;')).equals((await pixelsOf(await bySharp.png().toBuffer())).data)).toBe(true);
  expect((await drawn('<b>R</b>')).equals(await drawn('R'))).toBe(false);
});
