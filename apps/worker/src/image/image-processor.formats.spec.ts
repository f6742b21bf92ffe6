import { operationNames, outputFormats, type Operation, type OperationName } from '#contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { examples } from '../../test/examples.js';
import { animatedGif, colours, difference, pixelsOf, type Pixels } from '../../test/pictures.js';
import { processAll, processOne } from '../../test/processing.js';

const formats = outputFormats.filter((format) => format !== 'same');
async function opaque(picture: Buffer): Promise<Pixels> {
  return pixelsOf(await sharp(picture).removeAlpha().png().toBuffer());
}

/** How sharp names what the outputs are; AVIF is one of several formats in its container. */
const formatInMetadata = (format: string): string => (format === 'avif' ? 'heif' : format);

describe.each(operationNames)('%s', (name: OperationName) => {
  const operations = [{ [name]: examples[name] } as unknown as Operation];

  it.each(formats)('as %s gives the picture that PNG gives, as far as the format goes', async (format) => {
    const source = await colours().png().toBuffer();
    const made = await processOne(source, operations, { format, quality: undefined });
    const metadata = await sharp(made.bytes).metadata();
    expect(metadata.format).toBe(formatInMetadata(format));
    expect(made.type).toBe(`image/${format}`);
    expect(made.size).toBe(made.bytes.length);
    const exact = await processOne(source, operations);
    expect([metadata.width, metadata.height]).toEqual([exact.width, exact.height]);
    expect([made.width, made.height]).toEqual([exact.width, exact.height]);
    if (format === 'tiff') expect((await pixelsOf(made.bytes)).data).toEqual((await pixelsOf(exact.bytes)).data);
  });
});

describe('an output', () => {
  it.each(formats)('of the format `same` is %s when the source is', async (format) => {
    const source = await colours().toFormat(format).toBuffer();
    const made = await processOne(source, [], { format: 'same' });
    expect(made.type).toBe(`image/${format}`);
    expect((await sharp(made.bytes).metadata()).format).toBe(formatInMetadata(format));
    expect(difference(await opaque(made.bytes), await opaque(source))).toBeLessThan(8);
  });

  it.each(['jpeg', 'webp', 'avif'] as const)('as %s is smaller the lower its quality', async (format) => {
    const source = await colours({ width: 200, height: 200 }).png().toBuffer();
    const sizes = await Promise.all(
      [10, 50, 95].map(async (quality) => (await processOne(source, [], { format, quality })).size),
    );
    expect(sizes).toEqual([...sizes].sort((left, right) => left - right));
    expect(new Set(sizes).size).toBe(3);
  });

  it('whose format has no qualities is written without one', async () => {
    const source = await colours().png().toBuffer();
    const [rough, fine] = await Promise.all(
      [1, 100].map((quality) => processOne(source, [], { format: 'same', quality })),
    );
    expect(rough!.bytes.equals(fine!.bytes)).toBe(true);
  });

  it.each(['jpeg', 'png', 'avif', 'tiff'] as const)('as %s of an animation is its first frame', async (format) => {
    const made = await processOne(await animatedGif(), [], { format });
    const { pages = 1, width, height } = await sharp(made.bytes).metadata();
    expect({ pages, width, height }).toEqual({ pages: 1, width: 24, height: 16 });
    // The red of the frames is 0, 100 and 200.
    const [red] = (await pixelsOf(made.bytes)).data;
    expect(red).toBeLessThan(20);
  });
});

describe('several outputs', () => {
  it('are made in the order of the recipe, each from the source, whatever their names', async () => {
    const source = await colours().png().toBuffer();
    const outputs = {
      source: { operations: [{ negate: {} }, { flop: {} }], format: 'png' },
      output: { operations: [{ resize: { width: 10 } }], format: 'webp' },
      plain: { operations: [], format: 'tiff' },
    } as const;
    const made = await processAll(source, { outputs: structuredClone(outputs) as never });
    expect(made.map(({ name, type, width }) => ({ name, type, width }))).toEqual([
      { name: 'source', type: 'image/png', width: 48 },
      { name: 'output', type: 'image/webp', width: 10 },
      { name: 'plain', type: 'image/tiff', width: 48 },
    ]);
    expect((await pixelsOf(made[2]!.bytes)).data.equals((await pixelsOf(source)).data)).toBe(true);
  });
});
