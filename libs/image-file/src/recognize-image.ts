import { bytesOf } from './bytes/byte-source.js';
import { readHeif } from './heif/heif-file.js';
import { heifType } from './heif/heif-type.js';
import { isJpeg } from './jpeg/jpeg-file.js';
import { readPng } from './png/png-file.js';
import { isSvg } from './svg/is-svg.js';
import { cameraRawType } from './tiff/camera-raw.js';
import { readTiffLayout } from './tiff/tiff-layout.js';
import { readWebp } from './webp/webp-file.js';

/** In a text, its first element is looked for no further than this. */
const mostText = 4_096;

/**
 * The media type of an image file, by its first bytes (some thousand are enough): `image/jpeg`, `image/png`,
 * `image/apng`, `image/webp`, `image/avif`, `image/gif` and `image/tiff`; also of those that are easily taken for one
 * of them: `image/heic`, `image/heif`, `image/avif-sequence`, `image/svg+xml`, and `image/x-…` for the raw files of
 * cameras. Null for all else.
 */
export async function recognizeImage(head: Buffer): Promise<string | null> {
  const bytes = bytesOf(head);
  if (isJpeg(head)) return 'image/jpeg';
  const png = await readPng(bytes);
  if (png) return png.animated ? 'image/apng' : 'image/png';
  if (/^GIF8[79]a/.test(head.toString('latin1', 0, 6))) return 'image/gif';
  if (await readWebp(bytes)) return 'image/webp';
  if (await readTiffLayout(bytes)) return (await cameraRawType(bytes)) ?? 'image/tiff';
  const heif = await readHeif(bytes);
  if (heif) return heifType(heif);
  return isSvg(head.subarray(0, mostText)) ? 'image/svg+xml' : null;
}
