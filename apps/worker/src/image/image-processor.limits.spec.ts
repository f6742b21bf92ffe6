import type { Operation } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { animatedGif, animatedWebp, colours, pixelsOf } from '../../test/pictures.js';
import { processAll, processOne, type Limits } from '../../test/processing.js';
import { ImageFailure, ProcessingTimeout } from './image-failure.js';

describe('a source that is too large', () => {
  it('has more pixels than the limit', async () => {
    const source = await colours({ width: 50, height: 40 }).png().toBuffer();
    expect((await processOne(source, [], {}, { pixelLimit: 2000 })).width).toBe(50);
    await expect(processOne(source, [{ resize: { width: 5 } }], {}, { pixelLimit: 1999 })).rejects.toMatchObject({
      code: 'too-many-pixels',
      message: expect.stringContaining('pixel') as string,
    });
  });

  it('is told by its header, before anything is decoded', async () => {
    const claims = Buffer.from(await colours().png().toBuffer());
    // Width and height of the PNG's header, and its checksum, which sharp looks at.
    claims.writeUInt32BE(60_000, 16);
    claims.writeUInt32BE(60_000, 20);
    const { crc32 } = await import('node:zlib');
    claims.writeUInt32BE(crc32(claims.subarray(12, 29)), 29);
    const before = process.memoryUsage().rss;
    await expect(processOne(claims, [{ negate: {} }])).rejects.toMatchObject({ code: 'too-many-pixels' });
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  it.each([animatedGif, animatedWebp])('has more pixels in all its frames than the limit', async (animation) => {
    const source = await animation({ width: 20, height: 10 });
    expect((await processOne(source, [], { format: 'same' }, { pixelLimit: 600 })).width).toBe(20);
    await expect(processOne(source, [], { format: 'same' }, { pixelLimit: 599 })).rejects.toMatchObject({
      code: 'too-many-pixels',
    });
    // Its first frame alone is small enough.
    expect((await processOne(source, [], { format: 'png' }, { pixelLimit: 599 })).width).toBe(20);
  });

  it('has more frames than the limit', async () => {
    const source = await animatedGif();
    expect((await processOne(source, [], { format: 'gif' }, { frameLimit: 3 })).type).toBe('image/gif');
    await expect(processOne(source, [], { format: 'gif' }, { frameLimit: 2 })).rejects.toMatchObject({
      code: 'too-many-frames',
      message: 'The animation has 3 frames; at most 2 are allowed',
    });
    expect((await processOne(source, [], { format: 'jpeg' }, { frameLimit: 2 })).type).toBe('image/jpeg');
  });
});

describe('an operation that makes a picture too large', () => {
  const tooLarge: [string, Operation[], Limits][] = [
    ['resize', [{ resize: { width: 100 } }], { pixelLimit: 6000 }],
    ['resize to fill', [{ resize: { width: 100, height: 61, fit: 'fill' } }], { pixelLimit: 6000 }],
    ['resize outside', [{ resize: { width: 10, height: 70, fit: 'outside' } }], { pixelLimit: 6000 }],
    ['resize to cover, on its way', [{ resize: { width: 1, height: 70, position: 'entropy' } }], { pixelLimit: 6000 }],
    ['extend', [{ extend: { top: 100, left: 10 } }], { pixelLimit: 6000 }],
    ['rotate', [{ rotate: { angle: 45 } }], { pixelLimit: 3000 }],
    ['a later one', [{ flop: {} }, { resize: { width: 20 } }, { extend: { left: 500 } }], { pixelLimit: 6000 }],
  ];

  it.each(tooLarge)('(%s) is refused before it begins', async (_what, operations, limits) => {
    const source = await colours({ width: 48, height: 32 }).png().toBuffer();
    const failure = processOne(source, operations, {}, limits);
    await expect(failure).rejects.toBeInstanceOf(ImageFailure);
    await expect(failure).rejects.toMatchObject({
      code: 'output-too-large',
      message: expect.stringMatching(
        /^outputs\.image\.operations\[[02]\]\.(resize|extend|rotate): would make a picture of \d+ pixels; at most \d000 /,
      ) as string,
    });
  });

  it('counts all frames of an animation', async () => {
    const source = await animatedGif({ width: 20, height: 10 });
    const resize: Operation[] = [{ resize: { width: 40 } }];
    const limits = { pixelLimit: 2000 };
    expect((await processOne(source, resize, { format: 'png' }, limits)).width).toBe(40);
    await expect(processOne(source, resize, { format: 'gif' }, limits)).rejects.toMatchObject({
      code: 'output-too-large',
    });
  });
});

describe('a file that cannot be decoded', () => {
  const formats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
  const source = (format: (typeof formats)[number]): Promise<Buffer> =>
    colours({ width: 64, height: 64 }).toFormat(format).toBuffer();

  it.each(formats)('is a %s that was cut off', async (format) => {
    const whole = await source(format);
    for (const part of [0.2, 0.6]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      await expect(processOne(cut, [{ negate: {} }])).rejects.toMatchObject({
        code: 'undecodable-image',
        message: expect.stringMatching(/^The picture cannot be decoded: ./) as string,
      });
    }
  });

  it.each(formats)('is a %s with bits that flipped: it fails for good, or gives a picture', async (format) => {
    const whole = await source(format);
    const fates = new Set<string>();
    for (let at = 0; at < 60; at++) {
      const damaged = Buffer.from(whole);
      // The header byte by byte, then here and there.
      const place = at < 40 ? at : Math.floor((whole.length * (at - 40)) / 20);
      damaged[place] = damaged[place]! ^ 0xff;
      fates.add(
        await processOne(damaged, [{ negate: {} }, { flop: {} }], { format: 'webp' }).then(
          ({ type }) => type,
          (error: unknown) => (error instanceof ImageFailure ? error.code : String(error)),
        ),
      );
    }
    expect(fates).toContain('undecodable-image');
    for (const fate of fates) {
      expect([
        'undecodable-image',
        'too-many-pixels',
        'output-too-large',
        'unsupported-format',
        'unsupported-picture',
        'image/webp',
      ]).toContain(fate);
    }
  });

  it('is an animation of which a later frame is broken', async () => {
    const whole = await animatedWebp({ width: 60, height: 60 });
    const cut = whole.subarray(0, whole.length - 30);
    await expect(processOne(cut, [], { format: 'webp' })).rejects.toMatchObject({ code: 'undecodable-image' });
  });

  it.each([
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'],
    ['a PDF', '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>'],
    ['a text', 'no picture at all'],
    ['a PPM', 'P3\n1 1\n255\n255 0 0\n'],
    ['nothing', ''],
  ])('is %s', async (_what, text) => {
    await expect(processOne(Buffer.from(text), [])).rejects.toMatchObject({ code: 'undecodable-image' });
  });
});

describe('a recipe that does not fit its picture', () => {
  const unfitting: [string, Operation][] = [
    ['extract beyond the right side', { extract: { left: 40, top: 0, width: 9, height: 9 } }],
    ['extract below the bottom', { extract: { left: 0, top: 99, width: 9, height: 9 } }],
    ['clahe with windows larger than the picture', { clahe: { width: 300, height: 300 } }],
    ['more numbers than channels', { linear: { a: [1, 1, 1, 1] } }],
    ['fewer numbers than channels', { linear: { a: [1, 1] } }],
    [
      'recomb of a transparency that is not there',
      {
        recomb: {
          matrix: [
            [1, 0, 0, 0],
            [0, 1, 0, 0],
            [0, 0, 1, 0],
            [0, 0, 0, 1],
          ],
        },
      },
    ],
    ['a text on a tiny box', { composite: { text: 'Hi', size: 0.1 } }],
  ];

  it.each(unfitting)('asks for %s', async (_what, operation) => {
    const source = await colours().png().toBuffer();
    const failure = processOne(source, [operation]);
    await expect(failure).rejects.toBeInstanceOf(ImageFailure);
    await expect(failure).rejects.toMatchObject({ code: 'recipe-does-not-fit' });
  });

  it.each([
    ['webp', 16_384],
    ['avif', 16_385],
  ] as const)('asks for a %s longer than that format knows', async (format, width) => {
    const source = await sharp({ create: { width, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await expect(processOne(source, [], { format })).rejects.toMatchObject({ code: 'recipe-does-not-fit' });
  });
});

it('an output that takes too long is a timeout, which counts over all its passes', async () => {
  const source = await colours({ width: 800, height: 800 }).png().toBuffer();
  const median: Operation = { median: { size: 50 } };
  const began = performance.now();
  const failure = processOne(
    source,
    Array.from({ length: 20 }, () => median),
    {},
    { processingSeconds: 1 },
  );
  await expect(failure).rejects.toBeInstanceOf(ProcessingTimeout);
  await expect(failure).rejects.toThrow('One output took longer than 1 s');
  expect(performance.now() - began).toBeLessThan(8_000);
});

it('an abort ends the work between two passes, with its reason', async () => {
  const source = await colours().png().toBuffer();
  const reason = new Error('no longer wanted');
  const operations: Operation[] = [{ negate: {} }, { flop: {} }];
  const recipe = { outputs: { image: { operations, format: 'png' as const } } };
  // Before it waits for memory, before its first pass, before its second one.
  for (const looksBefore of [0, 1, 2]) {
    let looks = 0;
    const { signal } = new AbortController();
    signal.throwIfAborted = () => {
      if (++looks > looksBefore) throw reason;
    };
    await expect(processAll(source, recipe, {}, signal)).rejects.toBe(reason);
  }
});

it('a recipe that the worker does not know is no fault of the picture', async () => {
  const source = await colours().png().toBuffer();
  const failure = processOne(source, [{ sparkle: {} } as unknown as Operation]);
  await expect(failure).rejects.toMatchObject({ name: 'Problem', code: 'invalid-request' });
});

it('what is drawn and decoded needs no loader but the allowed ones', async () => {
  const source = await colours().png().toBuffer();
  await processOne(source, [{ composite: { text: 'Hi', size: 0.9 } }]);
  await expect(sharp(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')).toBuffer()).rejects.toThrow();
  expect((await pixelsOf(source)).width).toBe(48);
});
