import type { OperationName, OperationParameters } from '#contracts';
import type { Sharp } from 'sharp';
import type { Watermarks } from './watermark.js';

/** The picture as it comes to an operation. */
export interface Canvas {
  /** In pixels. */
  width: number;
  /** In pixels, of one frame. */
  height: number;
  /** 1 for a still. */
  frames: number;
  /** Has a channel for transparency. */
  alpha: boolean;
  /** Has no colours but shades of grey. */
  grey: boolean;
}

/**
 * How sharp does one operation.
 *
 * sharp does what one pipeline was told in an order of its own. `stage` is the operation's place in that order; the
 * operations of a recipe are done in the recipe's order because each that would come out of it begins a new pass.
 *
 * Nor does sharp keep what it works on the same all along: it resizes, blurs and sharpens on colours that were multiplied
 * by their transparency, and after `grayscale` or `threshold` it has a single channel, which no colour can be added to.
 * What must not meet such a picture begins a new pass too.
 *
 * An operation is given a picture with channels for colours, unless it says that it needs none.
 */
export interface OperationEntry<Name extends OperationName> {
  stage: number;
  /** The stage up to which no other can follow in the same pass; its own when it is not said. */
  until?: number;
  /** Must be the first of its pass: needs the canvas, or sharp would begin it before what stands in front of it. */
  first?: true;
  /** Wants a plain picture; a pass in front of it makes it one. */
  plain?: true;
  /** Leaves fractions of colours, which some formats would keep: another pass must follow, which begins without them. */
  fractions?: true;
  /** For stills only: the frames of an animation could come out in different sizes. */
  stillsOnly?: true;
  /** Must be given each frame of an animation alone: sharp would treat all frames as one tall picture. */
  framewise?: true;
  /**
   * Must not be given transparency, which sharp would change like a colour, or take for one. The operation sees the
   * colours of all pixels, or only of the `visible` ones.
   */
  alpha?: 'aside' | 'visible';
  /** Makes shades of grey of colours. */
  greys?: (parameters: OperationParameters[Name]) => boolean;
  /** Brings no colour into a picture in shades of grey, which can then be worked on, and written, in one channel. */
  keepsGrey?: (parameters: OperationParameters[Name]) => boolean;
  /** Needs the whole picture in memory, where others take its rows as they come. */
  whole?: true;
  apply: (
    image: Sharp,
    parameters: OperationParameters[Name],
    canvas: Canvas,
    watermarks: Watermarks,
  ) => Sharp | Promise<Sharp>;
}

export type OperationEntries<Names extends OperationName> = { [Name in Names]: OperationEntry<Name> };

/** The order of sharp's pipeline (its `pipeline.cc`), as far as recipes reach. */
export const stages = {
  flatten: 1,
  grayscale: 2,
  // Geometry has one stage: sharp's order among its operations depends on how they were called.
  geometry: 3,
  median: 4,
  threshold: 5,
  blur: 6,
  recomb: 7,
  modulate: 8,
  sharpen: 9,
  composite: 10,
  gamma: 11,
  linear: 12,
  normalise: 13,
  clahe: 14,
  tint: 15,
  negate: 16,
} as const;
