import {
  ClaheParameters,
  FlattenParameters,
  GammaParameters,
  GrayscaleParameters,
  LinearParameters,
  ModulateParameters,
  NegateParameters,
  NormaliseParameters,
  RecombParameters,
  ThresholdParameters,
  TintParameters,
} from './parameters/colour.js';
import { BlurParameters, MedianParameters, SharpenParameters } from './parameters/detail.js';
import {
  ExtendParameters,
  ExtractParameters,
  FlipParameters,
  FlopParameters,
  ResizeParameters,
  RotateParameters,
  TrimParameters,
} from './parameters/geometry.js';
import { CompositeParameters } from './parameters/overlay.js';

/**
 * Every operation with the class of its parameters, named as sharp names them. The worker's table must have an entry
 * for each, and the documentation a section: a missing one fails the build or a test.
 */
export const operationParameters = {
  resize: ResizeParameters,
  extract: ExtractParameters,
  trim: TrimParameters,
  extend: ExtendParameters,
  rotate: RotateParameters,
  flip: FlipParameters,
  flop: FlopParameters,
  negate: NegateParameters,
  grayscale: GrayscaleParameters,
  tint: TintParameters,
  modulate: ModulateParameters,
  normalise: NormaliseParameters,
  clahe: ClaheParameters,
  gamma: GammaParameters,
  linear: LinearParameters,
  threshold: ThresholdParameters,
  flatten: FlattenParameters,
  recomb: RecombParameters,
  blur: BlurParameters,
  sharpen: SharpenParameters,
  median: MedianParameters,
  composite: CompositeParameters,
} as const satisfies Record<string, new () => object>;

export type OperationName = keyof typeof operationParameters;

/** The parameters of each operation. */
export type OperationParameters = { [Name in OperationName]: InstanceType<(typeof operationParameters)[Name]> };

/** One operation with its parameters: an object with exactly one key, the operation's name. */
export type Operation = { [Name in OperationName]: Record<Name, OperationParameters[Name]> }[OperationName];

export const operationNames = Object.keys(operationParameters) as OperationName[];

/** The name and the parameters of an operation. */
export function operationEntry(operation: Operation): [OperationName, object] {
  return Object.entries(operation)[0] as [OperationName, object];
}
