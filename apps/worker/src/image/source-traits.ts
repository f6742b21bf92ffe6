import { bytesOf, readFirstEntries, type ByteSource, type TiffEntries } from '#image-file';
import type { Metadata } from 'sharp';
import { withoutPrefix } from './exif-data.js';
import { tags } from './tiff-directory.js';

/** What an output may take over from its source beside the pixels. */
export interface SourceTraits {
  hasAlpha: boolean;
  /** Whether it has several frames, each with its time; the pages of a TIFF have none. */
  isAnimated: boolean;
  /** Whether its file keeps every pixel exactly, in a format that may also lose detail (WebP, AVIF). */
  isLossless: boolean;
  /** How many colours its palette may have, if it is a PNG with one: 2, 4, 16 or 256. */
  paletteColours?: number;
  /** In pixels per inch, where the source says it. */
  density?: number;
  /** What its EXIF data says of the right to copy it, byte for byte. */
  copyright?: Buffer;
  /** Who made it, by its EXIF data, byte for byte. */
  artist?: Buffer;
}

/** What sharp does not tell of a file. */
export interface ReadTraits {
  hasAlpha: boolean;
  isAnimated: boolean;
  isLossless: boolean;
}

/** What sharp tells of a source, with what its file tells beside it. A TIFF has what others have in their EXIF data. */
export async function sourceTraits(bytes: ByteSource, metadata: Metadata, read: ReadTraits): Promise<SourceTraits> {
  const { format, isPalette, bitsPerSample = 8, pages = 1, delay, exif = Buffer.alloc(0) } = metadata;
  const entries = await readFirstEntries(format === 'tiff' ? bytes : bytesOf(withoutPrefix(exif)));
  return {
    ...read,
    isAnimated: read.isAnimated || (pages > 1 && delay !== undefined),
    paletteColours: format === 'png' && isPalette ? 2 ** bitsPerSample : undefined,
    density: await densityOf(metadata, entries),
    copyright: trimmed(await entries?.textBytes(tags.copyright, longestText)),
    artist: trimmed(await entries?.textBytes(tags.artist, longestText)),
  };
}

/** What EXIF and libvips write where nothing is known: dots per inch, and one pixel per millimetre. */
const unknownDensities = [72, 25.4];
const centimetre = 3;
const centimetresPerInch = 2.54;

/** libvips does not look for a density in the EXIF data of WebP and AVIF. */
async function densityOf({ density, format }: Metadata, entries: TiffEntries | null): Promise<number | undefined> {
  const found = density ?? (format === 'tiff' ? undefined : await densityIn(entries));
  const isKnown = found !== undefined && found > 0 && Number.isFinite(found) && !unknownDensities.includes(found);
  return isKnown ? found : undefined;
}

async function densityIn(entries: TiffEntries | null): Promise<number | undefined> {
  const [resolution] = (await entries?.numbers(tags.xResolution)) ?? [];
  const [unit] = (await entries?.numbers(tags.resolutionUnit)) ?? [];
  return resolution === undefined ? undefined : resolution * (unit === centimetre ? centimetresPerInch : 1);
}

/** No text of a camera or a photographer is longer, in bytes. */
const longestText = 10_000;

/** Without what fills up a text at its end; undefined when nothing is left. */
function trimmed(text: Buffer | null | undefined): Buffer | undefined {
  const end = text?.findLastIndex((byte) => byte !== 0 && byte !== 0x20) ?? -1;
  return end === -1 ? undefined : text!.subarray(0, end + 1);
}
