import type { ByteSource } from '../bytes/byte-source.js';

/** What the frame header of a JPEG says of it. */
export interface JpegFile {
  /** Whether it comes in several scans, each of which makes it finer. */
  progressive: boolean;
  bitsPerSample: number;
  /** Whether it is a JPEG-LS, which is built alike and coded in a way of its own. */
  isJpegLs: boolean;
}

const mostSegments = 1_024;
const progressiveFrames: ReadonlySet<number> = new Set([0xc2, 0xc6, 0xca, 0xce]);
/** Of the markers from C0 to CF, these begin no frame: tables, and one that is reserved. */
const noFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);
const [startOfImage, endOfImage, startOfScan, jpegLsFrame] = [0xd8, 0xd9, 0xda, 0xf7];

/** Whether the bytes begin a JPEG. */
export function isJpeg(head: Buffer): boolean {
  return head.toString('latin1', 0, 3) === '\xff\xd8\xff';
}

/** Reads a JPEG up to its frame header; null for what has none within the bytes. */
export async function readJpeg(bytes: ByteSource): Promise<JpegFile | null> {
  if (!isJpeg(await bytes(0, 4))) return null;
  let position = 2;
  for (let count = 0; count < mostSegments; count++) {
    const head = await bytes(position, 5);
    const marker = head[1];
    if (head[0] !== 0xff || marker === undefined) return null;
    if (marker === 0xff) {
      // A byte that fills up.
      position += 1;
    } else if (marker === 0x01 || (marker >= 0xd0 && marker <= startOfImage)) {
      position += 2;
    } else if (marker === endOfImage || marker === startOfScan || head.length < 5) {
      return null;
    } else if (isFrame(marker)) {
      const isJpegLs = marker === jpegLsFrame;
      return { progressive: progressiveFrames.has(marker), bitsPerSample: head[4]!, isJpegLs };
    } else {
      position += 2 + head.readUInt16BE(2);
    }
  }
  return null;
}

function isFrame(marker: number): boolean {
  return marker === jpegLsFrame || (marker >= 0xc0 && marker <= 0xcf && !noFrames.has(marker));
}
