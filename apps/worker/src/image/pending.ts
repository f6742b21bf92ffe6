import { readTiffDirectories, type ByteSource } from '#image-file';
export async function undecodablePicture(b: ByteSource): Promise<string | null> {
  return (await b(12, 4)).toString('latin1') === 'CgBI' ? 'It is a PNG of Apple’s own kind (CgBI)' : null;
}
export async function unsupportedPicture(b: ByteSource, type: string): Promise<string | null> {
  if (type !== 'image/tiff') return null;
  const d = await readTiffDirectories(b);
  const p = d[0];
  if (!p) return null;
  if (p.compression === 34925) return 'LZMA';
  if (p.sampleFormat[0] === 2) return 'signed';
  if (p.sampleFormat[0] === 3 && p.bitsPerSample[0] === 64) return 'double';
  if (p.photometric === 8 && p.bitsPerSample[0] === 8) return 'lab8';
  return null;
}
export async function recognizeImage(h: Buffer): Promise<string | null> {
  const s = h.toString('latin1');
  if (s.startsWith('\xff\xd8')) return 'image/jpeg';
  if (s.startsWith('\x89PNG')) return 'image/png';
  if (s.startsWith('GIF')) return 'image/gif';
  if (s.startsWith('RIFF')) return 'image/webp';
  if (s.startsWith('II') || s.startsWith('MM')) return 'image/tiff';
  return 'image/avif';
}
