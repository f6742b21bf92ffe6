import type { ByteSource } from '../bytes/byte-source.js';

/** What a WebP says of itself. */
export interface WebpFile {
  /** Whether all of its pictures are coded without loss; null when the bytes end before the first. */
  lossless: boolean | null;
  animated: boolean;
}

/** More chunks, or frames, are not looked at. */
const mostChunks = 4_096;
const chunkHead = 8;
/** What an `ANMF` chunk says of its frame in front of the chunks of the frame. */
const frameHead = 16;
const animation = 0b10;

/** Reads a WebP, or its beginning; null for what is none. */
export async function readWebp(bytes: ByteSource): Promise<WebpFile | null> {
  const head = (await bytes(0, 16)).toString('latin1');
  if (!/^RIFF[^]{4}WEBPVP8[ LX]/.test(head)) return null;
  const flags = (await bytes(20, 1))[0] ?? 0;
  const file: WebpFile = { lossless: null, animated: head.endsWith('X') && (flags & animation) !== 0 };
  let position = 12;
  for (let count = 0; count < mostChunks; count++) {
    const chunk = await bytes(position, chunkHead);
    if (chunk.length < chunkHead) break;
    const [type, length] = [chunk.toString('latin1', 0, 4), chunk.readUInt32LE(4)];
    if (type === 'VP8 ' || type === 'VP8L') file.lossless = (file.lossless ?? true) && type === 'VP8L';
    // The frame's own chunks come next. Chunks begin at even places.
    position += chunkHead + (type === 'ANMF' ? frameHead : length + (length % 2));
    if (file.lossless !== null && !(file.lossless && file.animated)) break;
  }
  return file;
}
