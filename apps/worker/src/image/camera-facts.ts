import { longestCamera, type ImageFacts } from '#contracts';
import ExifReader from 'exifreader';
import { withoutPrefix } from './exif-data.js';

/** What EXIF in a JPEG may have at most, in bytes: other formats allow more, which only an attack would fill. */
const longestExif = 64 * 1024;
/** How the EXIF itself begins: as a TIFF, in the one order of bytes or the other. */
const beginnings = ['II*\0', 'MM\0*'];
/** The year of the first photograph: cameras that do not know the time write dates such as 0001:01:01. */
const firstYear = 1826;

/** All that is ever read: nothing of the place, the owner or the serial numbers, which EXIF may tell, too. */
const includeTags = { exif: ['Make', 'Model', 'DateTimeOriginal', 'OffsetTimeOriginal'] };

/**
 * Which camera took a picture, and when. A source whose EXIF is missing or broken is a picture like any other.
 * @param exif as sharp gives it, with or without its header
 */
export function cameraFacts(exif?: Buffer): Pick<ImageFacts, 'camera' | 'takenAt'> {
  const tags = exif ? readTags(exif) : {};
  const [make, model, time, offset] = includeTags.exif.map((name) => textOf(tags[name]));
  return { camera: cameraName(make!, model!), takenAt: isoTime(time!, offset!) };
}

function readTags(exif: Buffer): Record<string, unknown> {
  const tiff = withoutPrefix(exif);
  // The library would also look into whole files of other formats.
  if (!beginnings.includes(tiff.toString('latin1', 0, 4))) return {};
  try {
    // oxlint-disable-next-line import/no-named-as-default-member -- it is CommonJS, whose names Node does not see
    return ExifReader.load(tiff.subarray(0, longestExif), { includeTags });
  } catch {
    return {};
  }
}

/** The text of a tag, in one line; empty when it has none. */
function textOf(tag: unknown): string {
  const { value } = (tag ?? {}) as { value?: unknown };
  const [text] = Array.isArray(value) ? (value as unknown[]) : [];
  return typeof text === 'string' ? text.replace(/[\p{Cc}\s]+/gu, ' ').trim() : '';
}

/** Many models name their maker: "NIKON D850" of "NIKON CORPORATION". */
function cameraName(make: string, model: string): string | null {
  const [maker] = make.toLowerCase().split(' ') as [string];
  const name = maker && model.toLowerCase().startsWith(maker) ? model : `${make} ${model}`.trim();
  return Array.from(name).slice(0, longestCamera).join('').trim() || null;
}

function isoTime(time: string, offset: string): string | null {
  const match = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(time);
  if (!match || Number(match[1]) < firstYear) return null;
  const iso = `${match[1]}-${match[2]}-${match[3]}T${match[4]}`;
  const date = new Date(`${iso}Z`);
  // A date that no calendar has is invalid, or becomes another one.
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(iso)) return null;
  return /^[+-](0\d|1[0-4]):[0-5]\d$/.test(offset) ? iso + offset : iso;
}
