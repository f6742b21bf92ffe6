import type { ByteSource } from '../bytes/byte-source.js';

/** A box of the ISO base media file format (ISO/IEC 14496-12). */
export interface Box {
  /** Its four characters. */
  type: string;
  /** What is in it; less where the bytes end before it does. */
  content: Buffer;
}

/** Where a box at the top of a file lies, in bytes. */
export interface BoxPlace {
  type: string;
  /** Where its content begins. */
  start: number;
  /** Of its content; Infinity for a box that goes on to the end of the file. */
  length: number;
}

const mostBoxes = 1_024;
const mostTopBoxes = 64;

/** The boxes within another one, or at the beginning of it where the bytes end sooner. */
export function boxesIn(content: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; boxes.length < mostBoxes;) {
    const place = boxAt(content.subarray(at), at);
    if (!place) break;
    const end = place.start + place.length;
    boxes.push({ type: place.type, content: content.subarray(place.start, end) });
    at = end;
  }
  return boxes;
}

/** The boxes at the top of a file, one after another. */
export async function* topBoxes(bytes: ByteSource): AsyncGenerator<BoxPlace> {
  for (let [at, count] = [0, 0]; Number.isSafeInteger(at) && count < mostTopBoxes; count++) {
    const place = boxAt(await bytes(at, 16), at);
    if (!place) return;
    yield place;
    at = place.start + place.length;
  }
}

/** The header of a box at `position`; null where there is none, or one that cannot be. */
function boxAt(header: Buffer, position: number): BoxPlace | null {
  if (header.length < 8) return null;
  const type = header.toString('latin1', 4, 8);
  const size = header.readUInt32BE(0);
  if (size === 0) return { type, start: position + 8, length: Infinity };
  if (size > 1) return size < 8 ? null : { type, start: position + 8, length: size - 8 };
  if (header.length < 16) return null;
  const largeSize = Number(header.readBigUInt64BE(8));
  return largeSize < 16 ? null : { type, start: position + 16, length: largeSize - 16 };
}

/** An unsigned number of 1 to 6 bytes; 0 behind the end of the bytes, as for what is not said. */
export function unsigned(buffer: Buffer, at: number, size: number): number {
  return at + size <= buffer.length ? buffer.readUIntBE(at, size) : 0;
}
