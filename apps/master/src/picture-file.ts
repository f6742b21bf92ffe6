import { readFileSync, statSync } from 'node:fs';
import { largestPicture } from '#contracts';
import { imageSize } from 'image-size';

const types: readonly (string | undefined)[] = ['png', 'webp', 'jpg'];

/**
 * The bytes of a picture that recipes may draw, of which the header alone is looked at: workers decode it.
 * @throws Error that says what is wrong with the file, and what is allowed
 */
export function readPictureFile(path: string): Buffer {
  const file = statSync(path);
  if (!file.isFile()) throw new Error(`${path} is not a file`);
  if (file.size > largestPicture.bytes) {
    throw new Error(`${path} has ${file.size} bytes; at most ${largestPicture.bytes} are allowed`);
  }
  const bytes = readFileSync(path);
  const { width, height } = sizeOf(bytes, path);
  if (!(width > 0 && height > 0)) throw new Error(`${path} says of itself that it has no pixels`);
  if (width * height > largestPicture.pixels) {
    throw new Error(`${path} has ${width} × ${height} pixels; at most ${largestPicture.pixels} are allowed`);
  }
  return bytes;
}

function sizeOf(bytes: Buffer, path: string): { width: number; height: number } {
  try {
    const { width, height, type } = imageSize(bytes);
    if (types.includes(type)) return { width, height };
  } catch {
    // Of no known type, or cut off within its header.
  }
  throw new Error(`${path} is not a PNG, WebP or JPEG`);
}
