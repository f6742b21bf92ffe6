/** Why a picture cannot be processed, ever: the picture itself is at fault, or does not fit the recipe. */
export type ImageFailureCode =
  | 'undecodable-image'
  | 'unsupported-picture'
  | 'too-many-pixels'
  | 'too-many-frames'
  | 'too-much-metadata'
  | 'output-too-large'
  | 'too-much-memory'
  | 'unsupported-format'
  | 'recipe-does-not-fit';

/** A failure that no other attempt would mend. */
export class ImageFailure extends Error {
  /**
   * @param message in plain words, for the owner of the picture
   * @param technical what the image library said, if it was the one to fail
   */
  constructor(
    readonly code: ImageFailureCode,
    message: string,
    readonly technical?: string,
  ) {
    super(message);
    this.name = 'ImageFailure';
  }

  /** The same failure, with the place in the recipe where it happened. */
  at(place: string): ImageFailure {
    return new ImageFailure(this.code, `${place}: ${this.message}`, this.technical);
  }
}

/** One output took longer than it may; worth a second attempt on a less busy worker, not a third. */
export class ProcessingTimeout extends Error {
  override name = 'ProcessingTimeout';
}
