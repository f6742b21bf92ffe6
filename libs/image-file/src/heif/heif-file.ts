import type { ByteSource } from '../bytes/byte-source.js';
import { boxesIn, topBoxes } from './boxes.js';
import { readHeifPicture, type HeifPicture } from './heif-picture.js';

/** Enough for the metadata of any picture, with its profile. */
const mostMetaBytes = 4 * 1024 * 1024;
const mostBrandBytes = 1_024;

/** What a file of the HEIF family (ISO/IEC 23008-12: HEIC, AVIF) says of itself. */
export interface HeifFile {
  majorBrand: string;
  /** The brands that it is compatible with. */
  compatibleBrands: string[];
  /** Its still picture; null when it has none, or the bytes end before that is said. */
  picture: HeifPicture | null;
  /** Whether it has frames, as an image sequence or a film; false when the bytes end before that is said. */
  hasMovie: boolean;
}

/** Reads a file of the HEIF family, or its beginning; null for what has no brand. */
export async function readHeif(bytes: ByteSource): Promise<HeifFile | null> {
  let file: HeifFile | null = null;
  for await (const { type, start, length } of topBoxes(bytes)) {
    if (!file) {
      if (type !== 'ftyp') return null;
      const brands = await bytes(start, Math.min(length, mostBrandBytes));
      if (brands.length < 4) return null;
      file = { majorBrand: brand(brands, 0), compatibleBrands: [], picture: null, hasMovie: false };
      // Between the major brand and the others stands its version.
      for (let at = 8; at + 4 <= brands.length; at += 4) file.compatibleBrands.push(brand(brands, at));
    } else if (type === 'meta' && !file.picture) {
      const meta = await bytes(start, Math.min(length, mostMetaBytes));
      // Version and flags stand in front of the boxes.
      file.picture = readHeifPicture(boxesIn(meta.subarray(4)));
    } else if (type === 'moov') {
      file.hasMovie = true;
    }
    if (file.picture && file.hasMovie) break;
  }
  return file;
}

function brand(brands: Buffer, at: number): string {
  return brands.toString('latin1', at, at + 4);
}
