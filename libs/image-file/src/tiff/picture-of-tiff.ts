import type { TiffDirectory } from './tiff-directory.js';

const [reduced, mask] = [1, 4];

export interface TiffPicture {
  /** Its place among the pages, from 0. */
  page: number;
  directory: TiffDirectory;
}

/**
 * Which page of a TIFF is the picture: the first that is neither a reduced-resolution preview nor a transparency mask,
 * or the first of all where there is nothing else. Null when there is no directory.
 */
export function pictureOfTiff(directories: readonly TiffDirectory[]): TiffPicture | null {
  const page = Math.max(0, directories.findIndex(isFullPicture));
  const directory = directories[page];
  return directory ? { page, directory } : null;
}

/** Whether a directory has a picture in full resolution: no preview of another, and no mask. */
export function isFullPicture({ newSubfileType }: TiffDirectory): boolean {
  return (newSubfileType & (reduced | mask)) === 0;
}
