import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { pngChunks, type ByteSource } from '#image-file';
import { ImageFailure } from './image-failure.js';

/** What all texts and colour profiles of a PNG may have together, in bytes, once they are inflated. */
const largest = 16 * 1024 * 1024;

/** The kinds of chunks that the decoder keeps as they are, with where their compressed bytes begin. */
const kept: Readonly<Record<string, (chunk: Buffer) => number | null>> = {
  tEXt: () => null,
  eXIf: () => null,
  zTXt: (chunk) => chunk.indexOf(0) + 2,
  iCCP: (chunk) => chunk.indexOf(0) + 2,
  iTXt: (chunk) => {
    const flag = chunk.indexOf(0) + 1;
    const language = flag + 2;
    return chunk[flag] === 1 ? chunk.indexOf(0, chunk.indexOf(0, language) + 1) + 1 : null;
  },
};

/**
 * Refuses a PNG with texts or profiles that are compressed to little and take a thousand times as much: the decoder
 * would inflate up to a thousand of them, of 50 MB each. What is no PNG is left to the decoder.
 * @throws ImageFailure `too-much-metadata`
 */
export async function requireModestMetadata(bytes: ByteSource): Promise<void> {
  let left = largest;
  for await (const { type, start, length } of pngChunks(bytes)) {
    if (!Object.hasOwn(kept, type)) continue;
    if (length > left) throw tooMuch();
    const chunk = await bytes(start, length);
    const compressed = kept[type]!(chunk);
    left -= compressed === null ? length : await inflatedSize(chunk.subarray(compressed), left);
  }
}

/** What cannot be inflated counts as it is: the decoder drops it. */
async function inflatedSize(compressed: Buffer, limit: number): Promise<number> {
  try {
    return (await promisify(inflate)(compressed, { maxOutputLength: limit + 1 })).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooMuch();
    return compressed.length;
  }
}

function tooMuch(): ImageFailure {
  return new ImageFailure(
    'too-much-metadata',
    `The texts and profiles of a PNG may have ${largest} bytes together, once they are inflated`,
  );
}
