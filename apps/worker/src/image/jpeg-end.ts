import { open } from 'node:fs/promises';
import { ImageFailure } from './image-failure.js';
import type { SourceFile } from './source-file.js';

const endMarker = Buffer.from('ffd9', 'hex');

/**
 * Puts the end marker behind a JPEG, which some cameras leave out. The decoder then tells a picture of which nothing but
 * the marker was missing from one that was cut off: only of the latter it warns. Of a progressive JPEG it cannot tell.
 * @returns whether it is worth another try, in which a warning counts as an error
 */
export async function addMissingEnd({ path, metadata }: SourceFile, error: unknown): Promise<boolean> {
  const endsEarly = error instanceof ImageFailure && /premature end of JPEG/.test(error.technical ?? '');
  if (!endsEarly || metadata.format !== 'jpeg' || metadata.isProgressive) return false;
  await using file = await open(path, 'a');
  await file.write(endMarker);
  return true;
}
