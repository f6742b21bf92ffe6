/** Why a picture cannot be processed, ever: the picture itself is at fault, or does not fit the recipe. */
export type ImageFailureCode =
  | 'undecodable-image'
  | 'too-many-pixels'
  | 'too-many-frames'
  | 'too-much-metadata'
  | 'output-too-large'
  | 'too-much-memory'
  | 'unsupported-format'
  | 'recipe-does-not-fit';

/** A failure that no other attempt would mend. */
export class ImageFailure extends Error {
  constructor(
    readonly code: ImageFailureCode,
    message: string,
  ) {
    super(message);
    this.name = 'ImageFailure';
  }
}

/** One output took longer than it may; worth a second attempt on a less busy worker, not a third. */
export class ProcessingTimeout extends Error {
  override name = 'ProcessingTimeout';
}
