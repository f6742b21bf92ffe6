import type { ByteSource } from '../bytes/byte-source.js';
import { readTiffLayout, unsigned, viewOf, type TiffLayout } from './tiff-layout.js';

/** More entries has no directory that libtiff reads either. */
const mostEntries = 4_096;
/** Of a list, so many values are read; no field that is wanted needs more. */
const mostValues = 1_024;

/** The entries of one image file directory, by tag. Their values are read when they are asked for. */
export interface TiffEntries {
  has: (tag: number) => boolean;
  /** The values of a field; none when the directory lacks it, or the bytes end before them. */
  numbers: (tag: number) => Promise<number[]>;
  text: (tag: number) => Promise<string | null>;
  /** A text as its bytes, the first `most` of them, for whoever knows its encoding. */
  textBytes: (tag: number, most: number) => Promise<Buffer | null>;
  /** Where the next directory begins: 0 after the last one, null where the bytes end before that is said. */
  next: number | null;
}

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

/** The numeric types of fields, by their code: the bytes of a value, and how it is read. */
const types: Readonly<Record<number, [bytes: number, read: Read]>> = {
  1: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)],
  5: [8, (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little)],
  6: [1, (view, at) => view.getInt8(at)],
  8: [2, (view, at, little) => view.getInt16(at, little)],
  9: [4, (view, at, little) => view.getInt32(at, little)],
  10: [8, (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little)],
  11: [4, (view, at, little) => view.getFloat32(at, little)],
  12: [8, (view, at, little) => view.getFloat64(at, little)],
  13: [4, (view, at, little) => view.getUint32(at, little)],
  16: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  17: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  18: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};
const ascii = 2;

/** The entries of the first directory of a TIFF, or of EXIF data, which have the same form; null for what has no such form. */
export async function readFirstEntries(bytes: ByteSource): Promise<TiffEntries | null> {
  const layout = await readTiffLayout(bytes);
  return layout && readTiffEntries(bytes, layout, layout.firstDirectory);
}

/** Reads the entries of the directory at `offset`; null when there is none. */
export async function readTiffEntries(
  bytes: ByteSource,
  layout: TiffLayout,
  offset: number,
): Promise<TiffEntries | null> {
  const { countBytes, offsetBytes } = layout;
  const counted = await bytes(offset, countBytes);
  if (counted.length < countBytes) return null;
  const count = unsigned(layout, counted, 0, countBytes);
  if (count === 0 || count > mostEntries) return null;

  const entryBytes = 4 + 2 * offsetBytes;
  const body = await bytes(offset + countBytes, count * entryBytes + offsetBytes);
  const found = new Map<number, Buffer>();
  for (let at = 0; at + entryBytes <= Math.min(body.length, count * entryBytes); at += entryBytes) {
    const tag = unsigned(layout, body, at, 2);
    if (!found.has(tag)) found.set(tag, body.subarray(at, at + entryBytes));
  }
  const isWhole = body.length === count * entryBytes + offsetBytes;

  /** The bytes of up to `most` values, each of `size` bytes: in the entry itself where they have room, or elsewhere. */
  const valueBytes = async (entry: Buffer, size: number, most: number): Promise<Buffer> => {
    const wanted = unsigned(layout, entry, 4, offsetBytes) * size;
    const inline = entry.subarray(4 + offsetBytes);
    if (wanted <= offsetBytes) return inline.subarray(0, wanted);
    return bytes(unsigned(layout, inline, 0, offsetBytes), Math.min(wanted, most * size));
  };
  const textBytes = async (tag: number, most: number): Promise<Buffer | null> => {
    const entry = found.get(tag);
    return entry && unsigned(layout, entry, 2, 2) === ascii ? valueBytes(entry, 1, most) : null;
  };
  return {
    has: (tag) => found.has(tag),
    numbers: async (tag) => {
      const entry = found.get(tag);
      const type = entry && types[unsigned(layout, entry, 2, 2)];
      if (!type) return [];
      const [size, read] = type;
      const values = await valueBytes(entry, size, mostValues);
      const view = viewOf(values);
      return Array.from({ length: Math.floor(values.length / size) }, (_unused, index) =>
        read(view, index * size, layout.littleEndian),
      );
    },
    text: async (tag) => {
      const [text] = (await textBytes(tag, mostValues))?.toString('latin1').split('\0', 1) ?? [];
      return text?.trim() ?? null;
    },
    textBytes,
    next: isWhole ? unsigned(layout, body, count * entryBytes, offsetBytes) : null,
  };
}
