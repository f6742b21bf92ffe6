import type { Operation } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { animatedGif, animatedWebp, difference, frames, pixelsOf, timing } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';

const sources = { gif: animatedGif, webp: animatedWebp };
const kinds = ['gif', 'webp'] as const;

const kept: [string, Operation[], { width: number; height: number }][] = [
  ['nothing', [], { width: 24, height: 16 }],
  ['resize', [{ resize: { width: 12 } }], { width: 12, height: 8 }],
  ['resize to another shape', [{ resize: { width: 10, height: 10 } }], { width: 10, height: 10 }],
  ['extract', [{ extract: { left: 2, top: 3, width: 9, height: 7 } }], { width: 9, height: 7 }],
  ['extend', [{ extend: { top: 3, left: 2, background: '#ff0000' } }], { width: 26, height: 19 }],
  ['flop', [{ flop: {} }], { width: 24, height: 16 }],
  ['grayscale', [{ grayscale: {} }], { width: 24, height: 16 }],
  ['negate', [{ negate: {} }], { width: 24, height: 16 }],
  ['rotate', [{ rotate: { angle: 90 } }], { width: 16, height: 24 }],
  ['flip', [{ flip: {} }], { width: 24, height: 16 }],
  ['blur', [{ blur: { sigma: 3 } }], { width: 24, height: 16 }],
  ['sharpen', [{ sharpen: { sigma: 2 } }], { width: 24, height: 16 }],
  ['median', [{ median: { size: 5 } }], { width: 24, height: 16 }],
  ['clahe', [{ clahe: { width: 8, height: 8 } }], { width: 24, height: 16 }],
  ['a watermark', [{ composite: { text: 'Hi', size: 0.9 } }], { width: 24, height: 16 }],
  [
    'several passes',
    [
      { grayscale: {} },
      { tint: { tint: '#c84' } },
      { resize: { width: 12 } },
      { extend: { bottom: 4 } },
      { negate: {} },
    ],
    { width: 12, height: 12 },
  ],
];

describe.each(kinds)('an animated %s', (from) => {
  it.each(kinds)('as %s keeps its frames, their times and its rounds', async (format) => {
    for (const [what, operations, size] of kept) {
      const made = await processOne(await sources[from](), operations, { format });
      const { width, height, pages, delay, loop } = await sharp(made.bytes).metadata();
      expect({ width, height, pages, delay, loop }, what).toEqual({ ...size, pages: 3, ...timing });
      expect({ width: made.width, height: made.height }, what).toEqual(size);
    }
  });

  it.each(kept.filter(([what]) => what !== 'several passes'))(
    'is done %s frame by frame',
    async (_what, operations) => {
      const source = await sources[from]();
      const made = await processOne(source, operations, { format: 'webp', quality: 100 });
      for (const page of [0, 1, 2]) {
        const still = await sharp(source, { page }).png().toBuffer();
        const expected = await processOne(still, operations, { format: 'webp', quality: 100 });
        const frame = await sharp(made.bytes, { page }).ensureAlpha().png().toBuffer();
        const alone = await sharp(expected.bytes).ensureAlpha().png().toBuffer();
        expect(difference(await pixelsOf(frame), await pixelsOf(alone))).toBeLessThan(6);
      }
    },
  );

  const refused: Operation[] = [{ trim: {} }, { resize: { width: 5, height: 5, position: 'attention' } }];
  it.each(refused)('cannot be done %o', async (operation) => {
    const source = await sources[from]();
    await expect(processOne(source, [operation], { format: 'same' })).rejects.toMatchObject({
      code: 'recipe-does-not-fit',
    });
    expect((await processOne(source, [operation], { format: 'png' })).type).toBe('image/png');
  });
});

it('a watermark stands on every frame at the same place', async () => {
  const watermark: Operation = { composite: { text: 'X', size: 1, opacity: 1, gravity: 'northwest' } };
  const source = await animatedWebp({ width: 120, height: 60 });
  const made = await processOne(source, [watermark], { format: 'webp', quality: 100 });
  // Where most of what is seen has changed: a box around the letter.
  const places: string[] = [];
  for (const page of [0, 1, 2]) {
    const marked = await pixelsOf(await sharp(made.bytes, { page }).removeAlpha().png().toBuffer());
    const white = (at: number): boolean => Math.min(...marked.data.subarray(at * 3, at * 3 + 3)) > 225;
    const found = Array.from({ length: marked.width * marked.height }, (_pixel, at) => at).filter(white);
    expect(found.length).toBeGreaterThan(100);
    const columns = found.map((at) => at % marked.width);
    const rows = found.map((at) => Math.floor(at / marked.width));
    const box = [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
    places.push(box.map((side) => Math.round(side / 6)).join(' '));
  }
  expect(new Set(places).size).toBe(1);
});

it('frames that look alike stay frames of a GIF', async () => {
  const source = await animatedGif();
  const made = await processOne(source, [{ linear: { a: 0, b: 90 } }], { format: 'gif' });
  const { pages, delay, loop } = await sharp(made.bytes).metadata();
  expect({ pages, delay, loop }).toEqual({ pages: 3, ...timing });
});

it.each([0, 1, 5])('an animation that plays %i times (0 for ever) plays as often in any format', async (loop) => {
  for (const from of kinds) {
    const source = await frames().toFormat(from, { delay: timing.delay, loop }).toBuffer();
    for (const format of kinds) {
      const made = await processOne(source, [], { format });
      expect((await sharp(made.bytes).metadata()).loop, `${from} to ${format}`).toBe(loop);
    }
  }
});

it('a frame that lasts longer than sharp can write lasts as long as it can', async () => {
  const source = await animatedGif();
  // Of every graphic control extension, the time in hundredths of a second.
  for (let at = source.indexOf('21f904', 0, 'hex'); at !== -1; at = source.indexOf('21f904', at + 1, 'hex')) {
    source.writeUInt16LE(10_000, at + 4);
  }
  expect((await sharp(source).metadata()).delay).toEqual([100_000, 100_000, 100_000]);
  const made = await processOne(source, [], { format: 'webp' });
  expect((await sharp(made.bytes).metadata()).delay).toEqual([65_535, 65_535, 65_535]);
});

it('a still stays a still in a format for animations', async () => {
  const still = await sharp(await animatedGif())
    .gif()
    .toBuffer();
  for (const format of kinds) {
    const made = await processOne(still, [{ flip: {} }], { format });
    expect((await sharp(made.bytes).metadata()).pages ?? 1).toBe(1);
  }
});
