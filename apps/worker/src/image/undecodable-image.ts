import { ImageFailure } from './image-failure.js';

/**
 * What an error of sharp says of a picture that cannot be decoded, for its owner to read.
 *
 * libvips gathers what went wrong in one buffer for all threads, so pictures that fail at once may take words from one
 * another. Some may be left with none.
 */
export function undecodableImage(error: Error): ImageFailure {
  const tooLarge = error.message.includes('pixel limit');
  return new ImageFailure(
    tooLarge ? 'too-many-pixels' : 'undecodable-image',
    `The picture cannot be decoded: ${readable(error.message) || 'it is damaged'}`,
  );
}

/** libvips says some things several times, and where in which file it looked for them. */
function readable(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line && !/: bad seek to \d+$/.test(line)).join('; ');
}
