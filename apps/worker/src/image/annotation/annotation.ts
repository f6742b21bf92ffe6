import type { OutputRecipe } from '#contracts';
import type { SourceTraits } from '../source-traits.js';

/**
 * What a finished file says of its picture. sharp is not asked to write any of it: with the EXIF data that it is given, it
 * also writes what it has of the source's, such as its thumbnail. So nothing of a source comes along but these fields.
 */
export interface Annotation {
  /** In pixels per inch. */
  density?: number;
  /** Who may copy it, as the source says it, byte for byte. */
  copyright?: Buffer;
  /** Who made it, as the source says it, byte for byte. */
  artist?: Buffer;
}

/** Writes an annotation into the file of an output. */
export type Annotate = (path: string, annotation: Annotation) => Promise<void>;

export function annotationOf({ density, keep = [] }: OutputRecipe, source: SourceTraits): Annotation {
  const { copyright, artist } = keep.includes('copyright') ? source : {};
  return { density: density ?? source.density, copyright, artist };
}

/** Whether a file must have EXIF data for an annotation, beside the density that many formats have a place of its own for. */
export function hasTexts({ copyright, artist }: Annotation): boolean {
  return copyright !== undefined || artist !== undefined;
}
