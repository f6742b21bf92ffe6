/** Output formats; `same` keeps the format of the source. */
export const outputFormats = ['same', 'jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** The formats that a picture can be written in. */
export type EncodedFormat = Exclude<OutputFormat, 'same'>;
