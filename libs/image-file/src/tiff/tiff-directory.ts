import type { ByteSource } from '../bytes/byte-source.js';
import { readTiffEntries, type TiffEntries } from './tiff-entries.js';
import { readTiffLayout } from './tiff-layout.js';

/** A TIFF may have any number of directories, one a page; the picture is among the first. */
const mostDirectories = 64;

/**
 * What an image file directory of a TIFF says of its picture, in the terms of TIFF 6.0. What it does not say, or what
 * lies behind the end of the bytes, is null or an empty list.
 */
export interface TiffDirectory {
  /** Bit 0: a reduced-resolution preview; bit 1: a page of several; bit 2: a transparency mask. */
  newSubfileType: number;
  /** In pixels. */
  width: number | null;
  /** In pixels. */
  height: number | null;
  /** Of each sample. */
  bitsPerSample: number[];
  compression: number | null;
  photometric: number | null;
  samplesPerPixel: number | null;
  /** Of each sample beyond those of the photometric: 0 unspecified, 1 associated alpha, 2 unassociated alpha. */
  extraSamples: number[];
  /** Of each sample: 1 unsigned, 2 signed, 3 floating point, 4 undefined, 5 and 6 complex. */
  sampleFormat: number[];
  /** By how much the chrominance of YCbCr is subsampled, horizontally and vertically. */
  chromaSubsampling: number[];
  /** Of a picture in inks: 1 CMYK, 2 others. */
  inkSet: number | null;
  hasSubIfds: boolean;
  hasProfile: boolean;
  hasDngVersion: boolean;
  make: string | null;
  software: string | null;
  /** In pixels a unit. */
  xResolution: number | null;
  /** In pixels a unit. */
  yResolution: number | null;
  /** 1 none, 2 inch, 3 centimetre. */
  resolutionUnit: number | null;
  /** Where the next directory begins: 0 after the last one, null where the bytes end before that is said. */
  next: number | null;
}

/**
 * The directories of a TIFF or BigTIFF, in their order, which is that of its pages; of a file that is cut off or lies,
 * those up to there. Empty for what is no TIFF.
 */
export async function readTiffDirectories(bytes: ByteSource): Promise<TiffDirectory[]> {
  const layout = await readTiffLayout(bytes);
  if (!layout) return [];
  const directories: TiffDirectory[] = [];
  const seen = new Set<number>();
  for (let offset = layout.firstDirectory; offset > 0 && !seen.has(offset);) {
    seen.add(offset);
    const entries = await readTiffEntries(bytes, layout, offset);
    if (!entries) break;
    directories.push(await directoryOf(entries));
    if (directories.length === mostDirectories) break;
    offset = entries.next ?? 0;
  }
  return directories;
}

async function directoryOf({ has, numbers, text, next }: TiffEntries): Promise<TiffDirectory> {
  const number = async (tag: number): Promise<number | null> => {
    const [value] = await numbers(tag);
    return Number.isFinite(value) ? value! : null;
  };
  return {
    newSubfileType: (await number(254)) ?? newSubfileTypes[(await number(255)) ?? 0] ?? 0,
    width: await number(256),
    height: await number(257),
    bitsPerSample: await numbers(258),
    compression: await number(259),
    photometric: await number(262),
    samplesPerPixel: await number(277),
    extraSamples: await numbers(338),
    sampleFormat: await numbers(339),
    chromaSubsampling: await numbers(530),
    inkSet: await number(332),
    hasSubIfds: has(330),
    hasProfile: has(34_675),
    hasDngVersion: has(50_706),
    make: await text(271),
    software: await text(305),
    xResolution: await number(282),
    yResolution: await number(283),
    resolutionUnit: await number(296),
    next,
  };
}

/** The older SubfileType, in the terms of NewSubfileType: a preview, and a page of several. */
const newSubfileTypes: Readonly<Record<number, number>> = { 2: 1, 3: 2 };
