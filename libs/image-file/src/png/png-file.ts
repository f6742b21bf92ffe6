import type { ByteSource } from '../bytes/byte-source.js';
import { pngChunks } from './png-chunks.js';

/** More chunks are not looked at: what is asked for comes early. */
const mostChunks = 4_096;

/** What a PNG says of itself in front of its pixels. */
export interface PngFile {
  /** Whether it is of the private kind that Apple's tools make for apps, which only Apple's decoders read. */
  isCgBI: boolean;
  /** Whether it is an APNG. */
  animated: boolean;
  /** The numbers of ITU-T H.273 in its `cICP` chunk; null when it has none. */
  colour: { primaries: number; transfer: number } | null;
}

/** Reads a PNG, or its beginning; null for what is none. */
export async function readPng(bytes: ByteSource): Promise<PngFile | null> {
  const file: PngFile = { isCgBI: false, animated: false, colour: null };
  let count = 0;
  for await (const { type, start, length } of pngChunks(bytes)) {
    if (count === 0 && type !== 'IHDR' && type !== 'CgBI') return null;
    if (type === 'IDAT' || type === 'IEND' || ++count > mostChunks) break;
    if (type === 'CgBI') file.isCgBI = true;
    if (type === 'acTL') file.animated = true;
    if (type === 'cICP' && length === 4) {
      const [primaries, transfer] = await bytes(start, 2);
      if (transfer !== undefined) file.colour = { primaries: primaries!, transfer };
    }
  }
  return count === 0 ? null : file;
}
