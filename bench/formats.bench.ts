import sharp, { type Sharp } from 'sharp';
import { it } from 'vitest';
import { landscape } from '../bin/recipe-docs/landscape.js';
import { median, report } from './report.js';

const rounds = 7;

/** The settings that doc/recipes.md compares; those of `image-format.ts` are among them. */
const candidates: Record<string, (image: Sharp) => Sharp> = {
  jpeg: (image) => image.jpeg(),
  'jpeg mozjpeg': (image) => image.jpeg({ mozjpeg: true }),
  'png level 2, adaptive': (image) => image.png({ compressionLevel: 2, adaptiveFiltering: true }),
  'png level 6, adaptive': (image) => image.png({ compressionLevel: 6, adaptiveFiltering: true }),
  'png level 6': (image) => image.png({ compressionLevel: 6 }),
  'webp effort 2': (image) => image.webp({ effort: 2 }),
  'webp effort 4': (image) => image.webp({ effort: 4 }),
  'webp effort 6': (image) => image.webp({ effort: 6 }),
  'avif effort 1': (image) => image.avif({ effort: 1 }),
  'avif effort 2': (image) => image.avif({ effort: 2 }),
  'avif effort 4': (image) => image.avif({ effort: 4 }),
  'gif effort 1': (image) => image.gif({ effort: 1 }),
  'gif effort 3': (image) => image.gif({ effort: 3 }),
  'gif effort 7': (image) => image.gif({ effort: 7 }),
  'tiff lzw': (image) => image.tiff({ compression: 'lzw', predictor: 'horizontal' }),
  'tiff deflate': (image) => image.tiff({ compression: 'deflate', predictor: 'horizontal' }),
  'tiff jpeg': (image) => image.tiff({ compression: 'jpeg' }),
};

it('time and size of every format, with the settings that come into question', async () => {
  sharp.concurrency(1);
  sharp.cache(false);
  const [width, height] = [1632, 1224];
  const { data, info } = await (await landscape(width, height)).raw().toBuffer({ resolveWithObject: true });
  const image = sharp(data, { raw: { width, height, channels: info.channels } });
  const times = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]));
  const sizes = new Map<string, number>();
  // Side by side, so that a busy moment of the machine touches all of them.
  for (let round = -1; round < rounds; round++) {
    for (const [name, encode] of Object.entries(candidates)) {
      const began = performance.now();
      const { length } = await encode(image.clone()).toBuffer();
      // The first round warms everything up.
      if (round >= 0) times.get(name)!.push(performance.now() - began);
      sizes.set(name, length);
    }
  }
  report(
    `A picture of ${((width * height) / 1e6).toFixed(1)} MP, one thread, ${rounds} rounds, medians`,
    Object.keys(candidates).map((name) => {
      const [ms, kilobytes] = [median(times.get(name)!), sizes.get(name)! / 1000];
      return [name, `${ms.toFixed(0).padStart(5)} ms  ${kilobytes.toFixed(0).padStart(5)} kB`];
    }),
  );
});
