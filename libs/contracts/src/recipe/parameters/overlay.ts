import { Colour, Decimal, Flag, OneOf, Picture, Text } from './parameter.js';

export const gravities = [
  'centre',
  'north',
  'northeast',
  'east',
  'southeast',
  'south',
  'southwest',
  'west',
  'northwest',
] as const;

/** Draws a text or another picture over the picture: a watermark. */
export class CompositeParameters {
  @Text(200) text?: string;
  @Picture() image?: string;
  @OneOf(gravities) gravity?: (typeof gravities)[number];
  /** Of the text; default white. */
  @Colour() colour?: string;
  /** Default 0.6. */
  @Decimal(0.01, 1) opacity?: number;
  /** The box that the watermark fills at most, as a part of the picture's width and height; default 0.3. */
  @Decimal(0.01, 1) size?: number;
  /** Repeats the watermark over the whole picture. */
  @Flag() tile?: boolean;
}
