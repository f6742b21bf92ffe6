import sharp, { type Sharp } from 'sharp';
import { stages, type Canvas, type OperationEntries } from './operation-entry.js';

type Detail = 'blur' | 'sharpen' | 'median';

export const detail: OperationEntries<Detail> = {
  blur: {
    stage: stages.blur,
    until: stages.negate,
    first: true,
    framewise: true,
    fractions: true,
    keepsGrey: () => true,
    whole: true,
    apply: (image, { sigma }) => image.blur(sigma),
  },
  sharpen: {
    stage: stages.sharpen,
    until: stages.negate,
    first: true,
    framewise: true,
    fractions: true,
    keepsGrey: () => true,
    // The other parameters mean something only with a sigma; sharp's own default of it is "mild".
    apply: (image, { sigma, ...parameters }) =>
      sigma === undefined ? image.sharpen() : image.sharpen({ sigma, ...parameters }),
  },
  median: {
    stage: stages.median,
    first: true,
    framewise: true,
    keepsGrey: () => true,
    apply: (image, { size = 3 }, canvas) =>
      Math.min(canvas.width, canvas.height) < size ? medianOfSmall(image, size, canvas) : image.median(size),
  },
};

/** libvips refuses a window that is larger than the picture, though it repeats the edges of others as is done here. */
async function medianOfSmall(image: Sharp, size: number, { width, height }: Canvas): Promise<Sharp> {
  const margin = Math.ceil(size / 2);
  const sides = { top: margin, bottom: margin, left: margin, right: margin };
  const wide = await rawOf(image.extend({ ...sides, extendWith: 'copy' }));
  const middle = await rawOf(wide.median(size));
  return middle.extract({ left: margin, top: margin, width, height });
}

async function rawOf(image: Sharp): Promise<Sharp> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}
