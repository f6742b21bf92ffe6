/** What a picture is like, for whoever shows it before it has arrived. */
export interface ImageFacts {
  /** The colour that most of the picture has, as `#rrggbb`; null when all of it is transparent. */
  dominantColour: string | null;
  /** A blurred preview of at most 25 bytes, in base64: see https://evanw.github.io/thumbhash/ */
  thumbhash: string;
  /** Whether any pixel is transparent, in part or altogether. */
  hasAlpha: boolean;
  /** The make and model of the camera that took the source; null when the source does not say. */
  camera: string | null;
  /**
   * When the source was taken, by the clock of its camera: ISO 8601, with the offset from UTC if the source says it.
   * Null when it does not say when.
   */
  takenAt: string | null;
}

/** The longest name of a camera, in characters. */
export const longestCamera = 100;
