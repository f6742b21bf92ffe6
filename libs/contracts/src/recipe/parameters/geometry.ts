import { Colour, Decimal, Flag, OneOf, PartsOfPicture, WholeNumber } from './parameter.js';

/** The longest side, in pixels, that an operation may ask for. */
export const longestSide = 16_384;

export const fits = ['cover', 'contain', 'fill', 'inside', 'outside'] as const;

/** Where to crop or to place: by name, or by what the picture shows (`entropy`, `attention`). */
export const positions = [
  'centre',
  'top',
  'right top',
  'right',
  'right bottom',
  'bottom',
  'left bottom',
  'left',
  'left top',
  'entropy',
  'attention',
] as const;

export const extendModes = ['background', 'copy', 'repeat', 'mirror'] as const;

/** How new pixels are made of old ones. */
export const kernels = ['nearest', 'linear', 'cubic', 'mitchell', 'lanczos2', 'lanczos3'] as const;

/** Scales to `width`, `height`, or both; what to do with another aspect ratio is said by `fit`. */
export class ResizeParameters {
  @WholeNumber(1, longestSide) width?: number;
  @WholeNumber(1, longestSide) height?: number;
  @OneOf(fits) fit?: (typeof fits)[number];
  @OneOf(positions) position?: (typeof positions)[number];
  /** What a crop has in its middle, as near as the picture allows, in parts of its width and height. */
  @PartsOfPicture() focus?: { x: number; y: number };
  @OneOf(kernels) kernel?: (typeof kernels)[number];
  @Colour() background?: string;
  @Flag() withoutEnlargement?: boolean;
  @Flag() withoutReduction?: boolean;
}

/** Cuts a region out. */
export class ExtractParameters {
  @WholeNumber(0, longestSide, { required: true }) left!: number;
  @WholeNumber(0, longestSide, { required: true }) top!: number;
  @WholeNumber(1, longestSide, { required: true }) width!: number;
  @WholeNumber(1, longestSide, { required: true }) height!: number;
}

/** Removes the margin that looks like the top-left pixel, or like `background`. */
export class TrimParameters {
  @Colour() background?: string;
  @Decimal(0, 255) threshold?: number;
  @Flag() lineArt?: boolean;
}

/** Adds a margin, in pixels. */
export class ExtendParameters {
  @WholeNumber(0, 4096) top?: number;
  @WholeNumber(0, 4096) bottom?: number;
  @WholeNumber(0, 4096) left?: number;
  @WholeNumber(0, 4096) right?: number;
  @OneOf(extendModes) extendWith?: (typeof extendModes)[number];
  @Colour() background?: string;
}

/** Turns clockwise, in degrees; what is not a multiple of 90 leaves corners of `background`. */
export class RotateParameters {
  @Decimal(-360, 360, { required: true }) angle!: number;
  @Colour() background?: string;
}

/** Mirrors top to bottom. */
export class FlipParameters {}

/** Mirrors left to right. */
export class FlopParameters {}
