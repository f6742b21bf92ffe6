import { totalmem } from 'node:os';
import type { Operation } from '#contracts';
import type { Metadata } from 'sharp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { blackPng } from '../../../../test/harness/damaged-pictures.js';
import { animatedGif, colours } from '../../test/pictures.js';
import { processAll, processOne } from '../../test/processing.js';
import { WorkerConfig } from '../config.js';
import { formatOf } from './image-format.js';
import { memoryOfFile, memoryOfOutput, memoryOfPass } from './memory.js';

const side = 10_000;
const canvas = { width: side, height: side, frames: 1, alpha: false, grey: false };
const bytesPerMillion = side ** 2 / 1e6;

function file(chosen: Partial<Metadata> = {}): Metadata {
  return { format: 'png', width: side, height: side, channels: 3, depth: 'uchar', ...chosen } as Metadata;
}

/** What a pass over a picture of 100 megapixels takes, in megabytes. */
function megabytes(pass: Operation[], format: 'jpeg' | 'png' | 'webp' | 'avif' | null, source = file()): number {
  const encoded = format && formatOf({ operations: [], format }, { type: 'image/png' });
  return memoryOfPass({ canvas, memory: memoryOfFile(source) }, pass, encoded) / 1e6;
}

/** What an output of a picture of 100 megapixels takes, in megabytes. */
function ofOutput(operations: Operation[], pixelLimit = 1e9): number {
  const png = formatOf({ operations: [], format: 'png' }, { type: 'image/png' });
  const picture = { canvas, memory: memoryOfFile(file()), plain: true };
  return memoryOfOutput(picture, operations, png, pixelLimit) / 1e6;
}

describe('the memory that a pass takes', () => {
  it('is that of its encoder, beside some rows of the picture', () => {
    const rows = megabytes([], 'png') - 3 * bytesPerMillion;
    expect(rows).toBe(80);
    expect(megabytes([], 'jpeg')).toBe(rows + 8 * bytesPerMillion);
    expect(megabytes([{ negate: {} }], 'webp')).toBe(rows + 40 * bytesPerMillion);
    expect(megabytes([], 'avif')).toBe(rows + 65 * bytesPerMillion);
  });

  it('is little for a large picture that is made small', () => {
    expect(megabytes([{ resize: { width: 640 } }], 'avif')).toBeLessThan(120);
    expect(megabytes([{ resize: { width: 640, height: 10 } }], 'avif')).toBeLessThan(90);
    expect(megabytes([{ extract: { left: 0, top: 0, width: 640, height: 640 } }], 'avif')).toBeLessThan(120);
  });

  it('grows with an output that is made large', () => {
    expect(megabytes([{ extend: { right: side } }], 'avif')).toBeGreaterThan(2 * 65 * bytesPerMillion);
  });

  it('counts the pixels that go to the next pass', () => {
    expect(megabytes([{ negate: {} }], null)).toBe(80 + 4 * bytesPerMillion);
    const handedOver = { held: 4 * side ** 2, decoding: 0, pixelBytes: 4, turned: false };
    const png = formatOf({ operations: [], format: 'png' }, { type: 'image/png' });
    expect(memoryOfPass({ canvas, memory: handedOver }, [{ flop: {} }], png) / 1e6).toBe(80 + 7 * bytesPerMillion);
  });

  it.each<Operation>([
    { blur: { sigma: 2 } },
    { rotate: { angle: 90 } },
    { flip: {} },
    { trim: {} },
    { normalise: {} },
    { resize: { width: side, height: side, position: 'attention' } },
  ])('counts the whole picture for %j, which cannot be done row by row', (operation) => {
    expect(megabytes([operation], 'png')).toBe(megabytes([], 'png') + 4 * bytesPerMillion);
    expect(megabytes([operation], 'png', file({ depth: 'ushort' }))).toBe(megabytes([], 'png') + 8 * bytesPerMillion);
  });

  it('counts the parts of a picture that is worked on in parts', () => {
    const parts = 16;
    const withAlpha = { canvas: { ...canvas, alpha: true }, memory: memoryOfFile(file()) };
    const animated = { canvas: { ...canvas, frames: 3 }, memory: memoryOfFile(file()) };
    const more = (picture: typeof withAlpha, pass: Operation[]): number =>
      (memoryOfPass(picture, pass, null) - memoryOfPass(picture, [{ flop: {} }], null)) / 1e6;
    expect(more(withAlpha, [{ threshold: {} }])).toBe(parts * bytesPerMillion);
    expect(more(animated, [{ median: {} }])).toBe(3 * parts * bytesPerMillion);
    expect(megabytes([{ threshold: {} }], 'png')).toBe(megabytes([], 'png'));
  });

  it('counts the text that is drawn over the picture', () => {
    const text = 'Hi';
    expect(megabytes([{ composite: { text, size: 0.1 } }], 'png')).toBe(megabytes([], 'png') + 10);
    expect(megabytes([{ composite: { text, size: 1 } }], 'png')).toBe(megabytes([], 'png') + 160);
  });

  it.each<[string, Partial<Metadata>, number]>([
    ['a picture that lies on its side', { orientation: 6 }, 4],
    ['a progressive JPEG', { format: 'jpeg', isProgressive: true }, 8],
    ['an interlaced PNG', { isProgressive: true }, 4],
    ['an interlaced PNG of 16 bits', { isProgressive: true, depth: 'ushort' }, 8],
    ['a WebP', { format: 'webp' }, 10],
    ['an AVIF', { format: 'heif' }, 20],
  ])('counts what is kept of %s to decode it', (_what, source, bytes) => {
    expect(megabytes([], 'png', file(source))).toBe(megabytes([], 'png') + bytes * bytesPerMillion);
  });
});

describe('the memory that an output takes', () => {
  it('is that of its only pass', () => {
    expect(ofOutput([{ negate: {} }])).toBe(megabytes([{ negate: {} }], 'png'));
  });

  it('is that of the pass that takes most, with the pixels that it was given', () => {
    // The third has the pixels of the second, turns them as a whole, and is encoded.
    expect(ofOutput([{ flop: {} }, { blur: { sigma: 2 } }, { flip: {} }])).toBe(80 + (4 + 4 + 4) * bytesPerMillion);
  });

  it('is little for the passes that come after a large picture was made small', () => {
    const small: Operation = { resize: { width: 640 } };
    expect(ofOutput([small, { blur: { sigma: 2 } }, { flip: {} }])).toBeLessThan(82);
  });

  it('leaves out what will be refused for its size', () => {
    expect(ofOutput([{ flop: {} }, { extend: { right: 9 * side } }], 2e8)).toBe(megabytes([{ flop: {} }], null));
  });
});

describe('a picture that would take more memory than it may', () => {
  it('fails for good before it is decoded, with what it needs and what is allowed', async () => {
    const source = blackPng({ width: 9_999, height: 9_999, rows: 1 });
    await expect(
      processOne(source, [{ negate: {} }], { format: 'avif' }, { imageMemoryBytes: 600e6 }),
    ).rejects.toMatchObject({
      name: 'ImageFailure',
      code: 'too-much-memory',
      message: 'The picture may take 6579 MB of memory with this recipe; at most 600 MB are allowed',
    });
  });

  it('may be made in another format, or smaller', async () => {
    const source = await colours({ width: 400, height: 400 }).png().toBuffer();
    const limits = { imageMemoryBytes: 2e6 };
    await expect(processOne(source, [], { format: 'avif' }, limits)).rejects.toMatchObject({ code: 'too-much-memory' });
    expect((await processOne(source, [], { format: 'png' }, limits)).width).toBe(400);
    expect((await processOne(source, [{ resize: { width: 40 } }], { format: 'avif' }, limits)).width).toBe(40);
  });

  it('is refused at a later pass, too', async () => {
    const source = await colours({ width: 400, height: 400 }).png().toBuffer();
    const passes: Operation[] = [{ flop: {} }, { blur: { sigma: 2 } }, { flop: {} }];
    const limits = { imageMemoryBytes: 2.3e6 };
    await expect(processOne(source, passes, {}, limits)).rejects.toMatchObject({ code: 'too-much-memory' });
    expect((await processOne(source, passes.slice(0, 1), {}, limits)).width).toBe(400);
  });

  it('is an animation with all its frames', async () => {
    const source = await animatedGif({ width: 200, height: 200 });
    const limits = { imageMemoryBytes: 2.5e6 };
    await expect(processOne(source, [], { format: 'gif' }, limits)).rejects.toMatchObject({ code: 'too-much-memory' });
    expect((await processOne(source, [], { format: 'png' }, limits)).width).toBe(200);
  });

  it('shares no decoded pixels among its outputs when they would take much of it', async () => {
    const source = await colours({ width: 400, height: 400 }).png().toBuffer();
    const output = { operations: [], format: 'png' as const };
    const limits = { imageMemoryBytes: 1.8e6, slots: 1 };
    const outputs = await processAll(source, { outputs: { one: output, two: output } }, limits);
    expect(outputs).toHaveLength(2);
  });
});

describe('the memory that all images may take', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is 60 % of what the process may use', () => {
    expect(defaultAt(1e9)).toBe(600e6);
  });

  it.each([0, 2 ** 64])('is of the memory of the machine where the limit is said to be %i', (limit) => {
    expect(defaultAt(limit)).toBe(Math.floor(0.6 * totalmem()));
  });

  it('is what the operator says', () => {
    expect(Object.assign(new WorkerConfig(), { imageMemoryBytes: 5e6 }).imageMemory).toBe(5e6);
  });
});

/** The default, where the control group of the process has this limit. */
function defaultAt(limit: number): number {
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(limit);
  return new WorkerConfig().imageMemory;
}
