import type { ByteSource } from './bytes/byte-source.js';
import { readHeif } from './heif/heif-file.js';
import { readPng } from './png/png-file.js';

/** What the colours of a picture mean, in the numbers of ITU-T H.273. */
export interface ColourCode {
  /** 1 BT.709 and sRGB, 9 BT.2020, 12 Display P3, 2 unspecified, … */
  primaries: number;
  /** 1 BT.709, 13 sRGB, 16 PQ, 18 HLG, 2 unspecified, … */
  transfer: number;
}

/** The colour code of an AVIF or HEIC (`nclx`) or of a PNG (`cICP`); null when it has none, and for all others. */
export async function colourCode(bytes: ByteSource): Promise<ColourCode | null> {
  const colour = (await readPng(bytes))?.colour ?? (await readHeif(bytes))?.picture?.colour;
  return colour ? { primaries: colour.primaries, transfer: colour.transfer } : null;
}
