import type { ByteSource } from '../bytes/byte-source.js';

/** How a TIFF writes its numbers: classic or BigTIFF, in either byte order. */
export interface TiffLayout {
  littleEndian: boolean;
  /** Bytes of an offset, and of a value that stands in its entry: 4, or 8 in a BigTIFF. */
  offsetBytes: 4 | 8;
  /** Bytes of the count of entries in front of a directory. */
  countBytes: 2 | 8;
  /** Where the first directory begins. */
  firstDirectory: number;
}

/** Reads the header of a TIFF; null for what is none. */
export async function readTiffLayout(bytes: ByteSource): Promise<TiffLayout | null> {
  const header = await bytes(0, 16);
  const order = header.toString('latin1', 0, 2);
  if (header.length < 8 || (order !== 'II' && order !== 'MM')) return null;
  const littleEndian = order === 'II';
  const view = viewOf(header);
  const version = view.getUint16(2, littleEndian);
  if (version === 42) {
    return { littleEndian, offsetBytes: 4, countBytes: 2, firstDirectory: view.getUint32(4, littleEndian) };
  }
  if (version !== 43 || header.length < 16 || view.getUint16(4, littleEndian) !== 8) return null;
  const firstDirectory = Number(view.getBigUint64(8, littleEndian));
  return { littleEndian, offsetBytes: 8, countBytes: 8, firstDirectory };
}

/** An unsigned number of a TIFF, of 2, 4 or 8 bytes. */
export function unsigned({ littleEndian }: TiffLayout, buffer: Buffer, at: number, size: 2 | 4 | 8): number {
  const view = viewOf(buffer);
  if (size === 2) return view.getUint16(at, littleEndian);
  return size === 4 ? view.getUint32(at, littleEndian) : Number(view.getBigUint64(at, littleEndian));
}

export function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
