import type { ImageFacts } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { cameraFacts } from './camera-facts.js';
import { dominantColour } from './dominant-colour.js';

/** The longest side of what a thumbhash is made of, in pixels. */
const longestSide = 100;
const opaque = 255;

/**
 * The facts of an output, read back from its file: of a still, or of the first frame of an animation. That takes less
 * memory than its encoder did: what decodes it, and a byte a pixel where it has an alpha channel.
 * @param exif of the source
 * @param limitTime gives a pipeline its time
 */
export async function imageFacts(
  path: string,
  exif: Buffer | undefined,
  limitTime: (image: Sharp) => Sharp,
): Promise<ImageFacts> {
  // The limit of pixels was held when the file was written.
  const open = (): Sharp => limitTime(sharp(path, { limitInputPixels: false }));
  const { data, info } = await open()
    .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    dominantColour: dominantColour(data),
    thumbhash: Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64'),
    hasAlpha: await hasTransparency(open),
    ...cameraFacts(exif),
  };
}

/** Looks at every pixel in full size: in a small picture, a transparent one would drown among its neighbours. */
async function hasTransparency(open: () => Sharp): Promise<boolean> {
  const { hasAlpha } = await open().metadata();
  if (!hasAlpha) return false;
  const alpha = await open().extractChannel('alpha').raw().toBuffer();
  // Compared with itself, one byte on, it is known at once whether all bytes are the same.
  return alpha[0] !== opaque || !alpha.subarray(1).equals(alpha.subarray(0, -1));
}
