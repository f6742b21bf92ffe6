import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecipeBook, type Recipe } from '#contracts';
import { bytesOf, readTiffDirectories, recognizeImage } from '#image-file';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { processAll } from '../../test/processing.js';
import { ImageFailure } from './image-failure.js';

type Colour = number[];

/** What a picture must be; see the file of cases. */
interface Expectation {
  size?: [number, number];
  sizetol?: number;
  px?: [x: number, y: number, colour: Colour, tolerance: number, frame?: number][];
  alpha?: [x: number, y: number, alpha: number, tolerance: number, frame?: number][];
  rng?: [x: number, y: number, ...ranges: [number, number][]][];
  frames?: number;
  delays?: number[];
  loop?: number;
  grey?: boolean;
  greener?: [x: number, y: number, by: number];
  ref?: 'negate';
  mean?: number;
  notallblack?: boolean;
  palette?: boolean;
  type?: string;
  dpi?: number;
  /** The code of the task's failure. */
  fail?: string;
  /** The code of the upload's refusal. */
  reject?: string;
}

interface Case {
  id: string;
  file: string;
  recipe: string | { outputs: Recipe['outputs'] };
  expect: Expectation;
  note: string;
}

/** What uploads are accepted as. */
const uploadable = ['jpeg', 'png', 'apng', 'webp', 'avif', 'gif', 'tiff'].map((name) => `image/${name}`);

const folder = join(import.meta.dirname, '../../test/cases');
const presets = RecipeBook.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../../recipes.json'), 'utf8')),
);
const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Case[];

/** The pixels of one frame, always with alpha. */
async function frameOf(bytes: Buffer, page: number): Promise<{ width: number; height: number; data: Buffer }> {
  const { data, info } = await sharp(bytes, { page }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

function pixel({ data, width }: { data: Buffer; width: number }, x: number, y: number): Colour {
  return [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
}

function expectNear(seen: Colour, wanted: Colour, tolerance: number): void {
  for (const [index, value] of wanted.entries()) {
    expect(Math.abs(seen[index]! - value), `${seen.join()} instead of ${wanted.join()}`).toBeLessThanOrEqual(tolerance);
  }
}

/** WebP says its density in EXIF data alone. */
async function densityInExif(exif: Buffer): Promise<number | null | undefined> {
  const [directory] = await readTiffDirectories(bytesOf(exif.subarray(exif.indexOf('II*'))));
  return directory?.xResolution;
}

async function expectPicture(bytes: Buffer, source: Buffer, wanted: Expectation): Promise<void> {
  const metadata = await sharp(bytes).metadata();
  const first = await frameOf(bytes, 0);
  const { size, sizetol = 0 } = wanted;
  if (size) {
    expect(Math.abs(first.width - size[0])).toBeLessThanOrEqual(sizetol);
    expect(Math.abs(first.height - size[1])).toBeLessThanOrEqual(sizetol);
  }
  for (const [x, y, colour, tolerance, frame = 0] of wanted.px ?? []) {
    const opaque = colour.length === 3 ? [...colour, 255] : colour;
    expectNear(pixel(await frameOf(bytes, frame), x, y), opaque, tolerance);
  }
  for (const [x, y, alpha, tolerance, frame = 0] of wanted.alpha ?? []) {
    expectNear(pixel(await frameOf(bytes, frame), x, y).slice(3), [alpha], tolerance);
  }
  for (const [x, y, ...ranges] of wanted.rng ?? []) {
    const seen = pixel(first, x, y);
    for (const [index, [least, most]] of ranges.entries()) {
      expect(seen[index]).toBeGreaterThanOrEqual(least);
      expect(seen[index]).toBeLessThanOrEqual(most);
    }
  }
  if (wanted.frames) expect(metadata.pages ?? 1).toBe(wanted.frames);
  if (wanted.delays) expect(metadata.delay).toEqual(wanted.delays);
  if (wanted.type) expect(metadata.mediaType).toBe(wanted.type);
  if (wanted.dpi) expect(metadata.density ?? (await densityInExif(metadata.exif!))).toBe(wanted.dpi);
  if (wanted.palette) expect(metadata.isPalette).toBe(true);
  if (wanted.notallblack) expect((await sharp(bytes).stats()).channels[0]!.max).toBeGreaterThan(20);
  if (wanted.greener) {
    const [red, green, blue] = pixel(first, wanted.greener[0], wanted.greener[1]) as [number, number, number];
    expect(green - Math.max(red, blue)).toBeGreaterThanOrEqual(wanted.greener[2]);
  }
  if (wanted.grey) {
    for (let at = 0; at < first.data.length; at += 4) {
      if (first.data[at + 3] === 0) continue;
      expectNear(
        [...first.data.subarray(at, at + 3)],
        Array.from({ length: 3 }, () => first.data[at]!),
        1,
      );
    }
  }
  if (wanted.ref === 'negate') {
    const before = await frameOf(source, 0);
    let sum = 0;
    for (const [at, value] of first.data.entries()) if (at % 4 < 3) sum += Math.abs(255 - before.data[at]! - value);
    expect(sum / (first.width * first.height * 3)).toBeLessThan(wanted.mean!);
  }
}

describe('a picture that once came out wrong', () => {
  it.each(cases)('$id ($note) comes out right', async ({ file, recipe, expect: wanted }) => {
    const source = readFileSync(join(folder, file));
    if (wanted.reject) {
      expect(uploadable).not.toContain(await recognizeImage(source));
      return;
    }
    const made = processAll(source, typeof recipe === 'string' ? presets.resolve(recipe) : recipe);
    if (wanted.fail) {
      const failure = await made.then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(ImageFailure);
      expect((failure as ImageFailure).code).toBe(wanted.fail);
      expect((failure as ImageFailure).message).not.toMatch(/vips|libspng|target|extract_area|hist_local/);
      return;
    }
    const [first] = await made;
    await expectPicture(first!.bytes, source, wanted);
  });
});
