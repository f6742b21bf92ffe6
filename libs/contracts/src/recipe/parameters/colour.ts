import { Colour, ColourMatrix, Decimal, DecimalPerChannel, Flag, WholeNumber } from './parameter.js';

/** Inverts the colours; with `alpha` the transparency too (default false: a negative that vanishes helps nobody). */
export class NegateParameters {
  @Flag() alpha?: boolean;
}

/** Shades of grey. */
export class GrayscaleParameters {}

/** Colours a picture while keeping its lightness. */
export class TintParameters {
  @Colour({ required: true }) tint!: string;
}

/** Multiplies brightness and saturation, turns the hue in degrees, adds lightness. */
export class ModulateParameters {
  @Decimal(0, 100) brightness?: number;
  @Decimal(0, 100) saturation?: number;
  @WholeNumber(-360, 360) hue?: number;
  @Decimal(-100, 100) lightness?: number;
}

/** Stretches the luminance over the whole range, between two percentiles. */
export class NormaliseParameters {
  @WholeNumber(0, 99) lower?: number;
  @WholeNumber(1, 100) upper?: number;
}

/** Contrast limiting adaptive histogram equalization, in windows of `width` × `height` pixels. */
export class ClaheParameters {
  @WholeNumber(1, 1024, { required: true }) width!: number;
  @WholeNumber(1, 1024, { required: true }) height!: number;
  @WholeNumber(0, 100) maxSlope?: number;
}

/** Resizes in linear light: goes behind the resize that it corrects. */
export class GammaParameters {
  @Decimal(1, 3) gamma?: number;
  @Decimal(1, 3) gammaOut?: number;
}

/** `a` × value + `b`, for all channels or for each. */
export class LinearParameters {
  @DecimalPerChannel(-100, 100) a?: number | number[];
  @DecimalPerChannel(-25_500, 25_500) b?: number | number[];
}

/** White from `threshold` on, black below; in grey unless `grayscale` is false. */
export class ThresholdParameters {
  @WholeNumber(1, 255) threshold?: number;
  @Flag() grayscale?: boolean;
}

/** Merges transparency with a background. */
export class FlattenParameters {
  @Colour() background?: string;
}

/** Every new colour is a sum of the old ones: a row for red, for green, for blue (and for alpha). */
export class RecombParameters {
  @ColourMatrix(-10, 10, { required: true }) matrix!: number[][];
}
