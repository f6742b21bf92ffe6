import type { ByteSource } from '../bytes/byte-source.js';
import { isFullPicture } from './picture-of-tiff.js';
import { readTiffDirectories, type TiffDirectory } from './tiff-directory.js';
import { readTiffLayout } from './tiff-layout.js';

/** What a sensor saw, in which no finished picture is: a colour filter array, and linear raw samples. */
const rawPhotometrics: ReadonlySet<number | null> = new Set([32_803, 34_892]);

/** Compressions that only cameras use, with the format they belong to. */
const rawCompressions: Readonly<Record<number, string>> = {
  32_767: 'image/x-sony-arw',
  32_769: 'image/x-epson-erf',
  32_770: 'image/x-samsung-srw',
  32_772: 'image/x-samsung-srw',
  32_867: 'image/x-kodak-kdc',
  34_713: 'image/x-nikon-nef',
  65_000: 'image/x-kodak-dcr',
  65_535: 'image/x-pentax-pef',
};

const makers: readonly (readonly [make: RegExp, type: string])[] = [
  [/nikon/i, 'image/x-nikon-nef'],
  [/sony/i, 'image/x-sony-arw'],
  [/pentax|ricoh/i, 'image/x-pentax-pef'],
  [/samsung/i, 'image/x-samsung-srw'],
  [/kodak/i, 'image/x-kodak-dcr'],
  [/epson/i, 'image/x-epson-erf'],
  [/hasselblad/i, 'image/x-hasselblad-3fr'],
];

/** A raw format of no known maker. */
const anyRaw = 'image/x-dcraw';

/**
 * The media type of a camera's raw file that is built as a TIFF, told by what makes it raw; null for other TIFFs, and
 * for what is none. Of no more than its beginning, a raw file may look like another TIFF.
 */
export async function cameraRawType(bytes: ByteSource): Promise<string | null> {
  if (await isCanonRaw(bytes)) return 'image/x-canon-cr2';
  const directories = await readTiffDirectories(bytes);
  const [first] = directories;
  if (!first) return null;
  if (directories.some(({ hasDngVersion }) => hasDngVersion)) return 'image/x-adobe-dng';
  for (const { compression } of directories) {
    const type = rawCompressions[compression ?? 0];
    if (type) return type;
  }
  const isRaw = directories.some(({ photometric }) => rawPhotometrics.has(photometric)) || hidesItsPicture(first);
  return isRaw ? typeOfMaker(first) : null;
}

/** A CR2 has a mark of its own behind the header, where another TIFF may have any pixels, and its directory behind it. */
async function isCanonRaw(bytes: ByteSource): Promise<boolean> {
  const layout = await readTiffLayout(bytes);
  return layout?.firstDirectory === 16 && (await bytes(8, 3)).toString('latin1') === 'CR\x02';
}

/** Cameras put a preview in front, and what their sensor saw into a directory below it. */
function hidesItsPicture(first: TiffDirectory): boolean {
  return !isFullPicture(first) && first.hasSubIfds && first.make !== null;
}

function typeOfMaker({ make }: TiffDirectory): string {
  return makers.find(([pattern]) => pattern.test(make ?? ''))?.[1] ?? anyRaw;
}
