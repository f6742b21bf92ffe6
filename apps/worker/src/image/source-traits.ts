import type { SourceFile } from './source-file.js';

/** What an output may take over from its source beside the pixels. */
export interface SourceTraits {
  hasAlpha: boolean;
  /** Whether its file keeps every pixel exactly, in a format that may also lose detail (WebP, AVIF). */
  isLossless: boolean;
  /** How many colours its palette may have, if it is a PNG with one: 2, 4, 16 or 256. */
  paletteColours?: number;
}

export function traitsOf({ layout, isLossless, metadata }: SourceFile): SourceTraits {
  const { format, isPalette, bitsPerSample = 8 } = metadata;
  const palette = format === 'png' && isPalette ? { paletteColours: 2 ** bitsPerSample } : {};
  return { hasAlpha: layout.alpha !== null, isLossless, ...palette };
}
