/** The formats that a picture can be written in. */
export const encodedFormats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
export type EncodedFormat = (typeof encodedFormats)[number];

/** Output formats; `same` keeps the format of the source. */
export const outputFormats = ['same', ...encodedFormats] as const;
export type OutputFormat = (typeof outputFormats)[number];
