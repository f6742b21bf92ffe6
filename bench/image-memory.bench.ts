import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Operation, OutputFormat, OutputOptions } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, it } from 'vitest';
import { report } from './report.js';

const run = promisify(execFile);
const probe = fileURLToPath(new URL('peak-memory.mjs', import.meta.url));
/** Of the pictures, in pixels. A smaller one of the same kind goes before, so that what is loaded once is not counted. */
const [side, smallSide] = [3_000, 100];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-micro-bench-'));
});
afterAll(() => rm(folder, { recursive: true }));

const plain = (image: Sharp): Sharp => image.tiff({ compression: 'none' });

/** The peak of a process that makes one picture, in bytes for each of its pixels. */
async function bytesPerPixel(
  encode: (image: Sharp) => Sharp,
  operations: Operation[],
  format: OutputFormat,
  options: OutputOptions = {},
): Promise<string> {
  const files: string[] = [];
  for (const size of [smallSide, side]) {
    // Noise is what takes the most memory.
    const noise = randomFillSync(Buffer.alloc(size * size * 4));
    const file = join(folder, `${size}`);
    await encode(sharp(noise, { raw: { width: size, height: size, channels: 4 } })).toFile(file);
    files.push(file);
  }
  const outputs = JSON.stringify({ image: { operations, format, ...options } });
  const { stdout } = await run(process.execPath, [probe, ...files, outputs]);
  return `${(Number(stdout) / side ** 2).toFixed(1).padStart(5)} bytes`;
}

const title = (what: string): string => `${what}, a picture of ${side ** 2 / 1e6} MP: peak for each pixel`;

it('what each encoder takes, with the decoder of a TIFF, and with passes before it', async () => {
  const rows: [string, string][] = [];
  for (const format of ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const) {
    rows.push([format, await bytesPerPixel(plain, [], format)]);
    rows.push([
      `blur, negate → ${format}`,
      await bytesPerPixel(plain, [{ blur: { sigma: 2 } }, { negate: {} }], format),
    ]);
  }
  for (const format of ['jpeg', 'webp', 'avif'] as const) {
    rows.push([`${format}, quality 100`, await bytesPerPixel(plain, [], format, { quality: 100 })]);
  }
  for (const format of ['webp', 'avif'] as const) {
    rows.push([`${format}, lossless`, await bytesPerPixel(plain, [], format, { lossless: true })]);
  }
  rows.push(['png, palette', await bytesPerPixel(plain, [], 'png', { palette: true })]);
  report(title('Encoders'), rows);
});

it('what each decoder takes, with the encoder of a PNG', async () => {
  const decoders: Record<string, (image: Sharp) => Sharp> = {
    jpeg: (image) => image.jpeg(),
    'jpeg, progressive': (image) => image.jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
    'jpeg, on its side': (image) => image.jpeg().withMetadata({ orientation: 6 }),
    png: (image) => image.png({ compressionLevel: 1 }),
    'png, interlaced': (image) => image.png({ compressionLevel: 1, progressive: true }),
    webp: (image) => image.webp({ effort: 0 }),
    avif: (image) => image.avif({ effort: 0 }),
    gif: (image) => image.gif({ effort: 1 }),
    tiff: plain,
  };
  const rows: [string, string][] = [];
  for (const [name, encode] of Object.entries(decoders)) rows.push([name, await bytesPerPixel(encode, [], 'png')]);
  report(title('Decoders, with the file that they map'), rows);
});

it('what passes take that hold pixels, with a TIFF and a PNG', async () => {
  const flips: Operation[] = Array.from({ length: 8 }, (_unused, at) => (at % 2 ? { flop: {} } : { negate: {} }));
  const passes: Record<string, Operation[]> = {
    'one that holds nothing': [{ median: { size: 3 } }],
    'one that holds the whole picture': [{ normalise: {} }],
    'two passes': flips.slice(0, 2),
    'eight passes': flips,
    'of which one is grey': [{ grayscale: {} }, { negate: {} }, { flop: {} }],
  };
  const rows: [string, string][] = [];
  for (const [name, operations] of Object.entries(passes)) {
    rows.push([name, await bytesPerPixel(plain, operations, 'png')]);
  }
  report(title('Passes'), rows);
});
