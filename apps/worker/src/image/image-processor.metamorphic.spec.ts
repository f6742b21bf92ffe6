import { operationNames, type Operation, type OperationName } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { examples } from '../../test/examples.js';
import { animatedGif, animatedWebp, difference, pixelsOf, type Pixels } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';
import { sourceKinds, type RawPicture } from '../../test/source-kinds.js';

/** Smooth colours, few enough for a palette, with a margin to trim. */
function picture({ alpha = false, grey = false } = {}): RawPicture {
  const [width, height, channels] = [32, 24, alpha ? 4 : 3] as const;
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const isMargin = x < 4 || y < 4;
      const [red, green, blue] = isMargin
        ? [250, 250, 250]
        : [40 + (x >> 2) * 25, 30 + (y >> 2) * 35, 200 - (x >> 2) * 15];
      data.set(grey ? [red, red, red] : [red, green, blue], at);
      if (alpha) data[at + 3] = isMargin ? 255 : 60 + (y >> 2) * 30;
    }
  }
  return { width, height, channels, data };
}

/** Colours that a grey picture must get, where the examples have shades of grey. */
const inColours = { flatten: { background: '#ff8800' }, rotate: { angle: 30, background: '#0088ff' } };

const operationOf = (name: OperationName): Operation =>
  ({ [name]: { ...examples, ...inColours }[name] }) as unknown as Operation;

/** What is seen of a picture, colours of what is wholly transparent left out. */
async function seen(bytes: Buffer, page = 0): Promise<Pixels> {
  const pixels = await pixelsOf(await sharp(bytes, { page }).ensureAlpha().png().toBuffer());
  for (let at = 0; at < pixels.data.length; at += 4) if (pixels.data[at + 3] === 0) pixels.data.fill(0, at, at + 4);
  return pixels;
}

const alphaOf = (bytes: Buffer): Promise<Buffer> => sharp(bytes).extractChannel('alpha').raw().toBuffer();

const pngOf = ({ data, ...raw }: RawPicture): Promise<Buffer> => sharp(data, { raw }).png().toBuffer();

/** Where one step of a colour decides between black and white, some pixels may fall on the other side. */
const tolerances: Partial<Record<OperationName, number>> = {
  threshold: 8,
  clahe: 6,
  sharpen: 3,
  normalise: 4,
  // sharp has some formats decoded at a smaller size, and enlarges what is left.
  resize: 4,
};

describe.each(sourceKinds)('the same picture as $name', ({ make, alpha: holdsAlpha, grey = false }) => {
  const pictures = [false, ...(holdsAlpha ? [true] : [])].map((alpha) => picture({ alpha, grey }));

  it('looks the same', async () => {
    for (const pixels of pictures) {
      const made = await processOne(await make(pixels), []);
      expect(difference(await seen(made.bytes), await seen(await pngOf(pixels)))).toBeLessThan(1);
    }
  });

  it.each(operationNames)('gives the same output of %s', async (name) => {
    for (const pixels of pictures) {
      const [made, expected] = await Promise.all(
        [await make(pixels), await pngOf(pixels)].map((source) => processOne(source, [operationOf(name)])),
      );
      expect([made!.width, made!.height]).toEqual([expected!.width, expected!.height]);
      const distance = difference(await seen(made!.bytes), await seen(expected!.bytes));
      expect(distance).toBeLessThan(tolerances[name] ?? 2);
    }
  });
});

describe.each(operationNames)('%s', (name) => {
  const operations = [operationOf(name)];

  it.each([
    ['jpeg', { quality: 100 }, 4],
    ['webp', { lossless: true }, 0.01],
    ['avif', { lossless: true }, 1],
    ['tiff', {}, 0.01],
    ['gif', {}, 8],
  ] as const)('gives as %s what it gives as PNG', async (format, options, tolerance) => {
    for (const grey of [false, true]) {
      const source = await pngOf(picture({ grey }));
      // Formats without transparency, or with little of it, show what they have on one colour.
      const opaque: Operation[] = [...operations, { flatten: { background: '#ffffff' } }];
      const made = await processOne(source, opaque, { format, ...options });
      const exact = await processOne(source, opaque);
      expect(difference(await seen(made.bytes), await seen(exact.bytes))).toBeLessThan(tolerance);
    }
  });

  it('does not look at the colours of what cannot be seen', async () => {
    // These take a pixel for its colours, whatever its transparency, as doc/recipes.md says.
    if (['median', 'clahe'].includes(name)) return;
    const holes = [0, 255].map((hidden) => {
      const pixels = picture({ alpha: true });
      for (let at = 0; at < pixels.data.length; at += 4) {
        if (at % 3 === 0) pixels.data.set([hidden, hidden, hidden, 0], at);
      }
      return pixels;
    });
    const [black, white] = await Promise.all(
      holes.map(async (pixels) => seen((await processOne(await pngOf(pixels), operations)).bytes)),
    );
    expect(difference(black!, white!)).toBeLessThan(0.5);
  });
});

it.each<OperationName>([
  'negate',
  'grayscale',
  'tint',
  'modulate',
  'normalise',
  'clahe',
  'gamma',
  'threshold',
  'recomb',
])('%s leaves transparency as it is', async (name) => {
  const source = await pngOf(picture({ alpha: true }));
  const made = await processOne(source, [operationOf(name)]);
  expect(await alphaOf(made.bytes)).toEqual(await alphaOf(source));
});

describe.each([
  ['GIF', animatedGif],
  ['WebP', animatedWebp],
])('an animated %s', (_format, animation) => {
  // All frames are stretched alike, so that the animation does not flicker; frames that were trimmed would differ in size.
  const together: OperationName[] = ['normalise', 'trim'];

  it.each(operationNames.filter((name) => !together.includes(name)))(
    'has the frames that %s makes of each alone',
    async (name) => {
      const source = await animation({ width: 40, height: 30 });
      const operation = name === 'composite' ? { composite: { text: 'Hi', size: 0.9 } } : operationOf(name);
      const made = await processOne(source, [operation], { format: 'webp', lossless: true });
      for (const page of [0, 1, 2]) {
        const alone = await processOne(await sharp(source, { page }).png().toBuffer(), [operation]);
        expect(difference(await seen(made.bytes, page), await seen(alone.bytes))).toBeLessThan(1);
      }
    },
  );
});
