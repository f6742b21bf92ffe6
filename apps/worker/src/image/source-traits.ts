import type { SourceFile } from './source-file.js';

/** What an output may take over from its source beside the pixels. */
export interface SourceTraits {
  hasAlpha: boolean;
  /** Whether its file keeps every pixel exactly, in a format that may also lose detail (WebP, AVIF). */
  isLossless: boolean;
}

export function traitsOf({ layout, isLossless }: SourceFile): SourceTraits {
  return { hasAlpha: layout.alpha !== null, isLossless };
}
