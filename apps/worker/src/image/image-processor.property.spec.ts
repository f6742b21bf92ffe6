import sharp from 'sharp';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { animatedGif, animatedWebp, colours } from '../../test/pictures.js';
import { processAll } from '../../test/processing.js';
import { anyPicture, validRecipe } from '#suites/recipe.arbitrary';
import { ImageFailure } from './image-failure.js';
import { readWatermark } from './operations/watermark.js';

const runs = 60;
const limits = { pixelLimit: 200_000, processingSeconds: 20 };

const sources: Record<string, () => Promise<Buffer>> = {
  'an opaque PNG': () => colours({ width: 30, height: 20 }).png().toBuffer(),
  'a transparent PNG': () => colours({ width: 30, height: 20, alpha: true }).png().toBuffer(),
  'a turned JPEG': () => colours({ width: 30, height: 20 }).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
  'a grey TIFF of 16 bits': () => colours({ width: 30, height: 20 }).toColourspace('grey16').tiff().toBuffer(),
  'a single pixel': () => colours({ width: 1, height: 1 }).png().toBuffer(),
  'an animated GIF': () => animatedGif(),
  'an animated WebP': () => animatedWebp(),
};

it.each(Object.keys(sources))(
  'any valid recipe makes of %s either all its outputs, or a failure of the picture',
  async (name) => {
    const source = await sources[name]!();
    const logo = await readWatermark(await colours({ width: 9, height: 7, alpha: true }).png().toBuffer());
    const watermarks = new Map([[anyPicture, logo]]);
    let processed = 0;
    await fc.assert(
      fc.asyncProperty(validRecipe, async (recipe) => {
        const names = Object.keys(recipe.outputs);
        try {
          const images = await processAll(source, recipe, limits, undefined, watermarks);
          expect(images.map((image) => image.name)).toEqual(names);
          for (const { name: output, bytes, width, height, facts } of images) {
            expect(await sharp(bytes).metadata()).toMatchObject({ width, height });
            expect(facts !== null).toBe(recipe.outputs[output]!.facts === true);
          }
          processed++;
        } catch (error) {
          if (!(error instanceof ImageFailure)) throw error;
          expect(error.message).toMatch(/\w/);
        }
      }),
      { numRuns: runs },
    );
    expect(processed).toBeGreaterThan(runs / 10);
  },
  180_000,
);
