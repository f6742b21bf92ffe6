import type { OperationParameters } from '#contracts';
import type { Sharp } from 'sharp';
import { isGrey } from './grey-colour.js';
import { stages, type Canvas, type OperationEntries } from './operation-entry.js';

type Geometry = 'resize' | 'extract' | 'trim' | 'extend' | 'rotate' | 'flip' | 'flop';

export const geometry: OperationEntries<Geometry> = {
  resize: {
    stage: stages.geometry,
    until: stages.sharpen,
    keepsGrey: ({ background }) => isGrey(background),
    apply: (image, parameters, canvas) =>
      parameters.focus ? resizeAround(image, parameters, canvas) : image.resize(parameters),
  },
  extract: {
    stage: stages.geometry,
    first: true,
    keepsGrey: () => true,
    apply: (image, region) => image.extract(region),
  },
  trim: {
    stage: stages.geometry,
    first: true,
    // sharp would look at the corner of the picture before it is turned upright, and in the file's own colours.
    plain: true,
    stillsOnly: true,
    keepsGrey: ({ background }) => isGrey(background),
    whole: true,
    apply: (image, parameters) => image.trim(parameters),
  },
  extend: {
    stage: stages.geometry,
    keepsGrey: ({ background }) => isGrey(background),
    whole: true,
    apply: (image, parameters) => image.extend(parameters),
  },
  rotate: {
    stage: stages.geometry,
    first: true,
    framewise: true,
    keepsGrey: ({ background }) => isGrey(background),
    whole: true,
    apply: (image, { angle, background }) => image.rotate(angle, background === undefined ? undefined : { background }),
  },
  flip: {
    stage: stages.geometry,
    first: true,
    framewise: true,
    keepsGrey: () => true,
    whole: true,
    apply: (image) => image.flip(),
  },
  flop: { stage: stages.geometry, keepsGrey: () => true, apply: (image) => image.flop() },
};

/** Covers the size that is asked for, and crops so that the focus is as near to the middle as the picture allows. */
function resizeAround(
  image: Sharp,
  { width, height, focus, kernel, withoutEnlargement, withoutReduction }: OperationParameters['resize'],
  canvas: Canvas,
): Sharp {
  const [across, down] = [width! / canvas.width, height! / canvas.height];
  const wanted = Math.max(across, down);
  const scale = withoutEnlargement ? Math.min(1, wanted) : withoutReduction ? Math.max(1, wanted) : wanted;
  const scaled = {
    width: Math.max(1, Math.round(canvas.width * scale)),
    height: Math.max(1, Math.round(canvas.height * scale)),
  };
  const [w, h] = [Math.min(width!, scaled.width), Math.min(height!, scaled.height)];
  const region = {
    left: cropStart(focus!.x, scaled.width, w),
    top: cropStart(focus!.y, scaled.height, h),
    width: w,
    height: h,
  };
  return image.resize({ ...scaled, fit: 'fill', kernel }).extract(region);
}

/** Where a crop of `length` pixels begins that has the part `focus` of a whole in its middle. */
function cropStart(focus: number, whole: number, length: number): number {
  return Math.min(whole - length, Math.max(0, Math.round(focus * whole - length / 2)));
}
