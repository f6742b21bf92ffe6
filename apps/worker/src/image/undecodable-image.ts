import { ImageFailure } from './image-failure.js';

/** More channels than this are no picture; each takes memory. */
export const mostChannels = 16;

/** What libvips and its decoders say of files whose end is missing. */
const cutOff =
  /premature|unexpected end|end of (file|image|stream|data)|truncated|not enough|read error|short read|EOF|bad seek|ended? early/i;

/** What they say of files that they cannot even begin with. */
const unknown = /unsupported image format|not a known|unknown (file )?format/i;

/**
 * What an error of sharp says of a picture that cannot be decoded, in words for its owner, and in the library's own.
 *
 * libvips gathers what went wrong in one buffer for all threads, so pictures that fail at once may take words from one
 * another. Some may be left with none.
 */
export function undecodableImage(error: Error): ImageFailure {
  const technical = readable(error.message);
  if (error.message.includes('pixel limit')) {
    return new ImageFailure('too-many-pixels', 'The picture has more pixels than are allowed', technical);
  }
  if (error.message.includes('channel limit')) {
    const detail = `The picture has more than ${mostChannels} channels, which are all that are allowed`;
    return new ImageFailure('unsupported-picture', detail, technical);
  }
  return new ImageFailure(
    'undecodable-image',
    `The picture cannot be decoded: ${plainWords(error.message)}`,
    technical,
  );
}

function plainWords(message: string): string {
  if (cutOff.test(message)) return 'the file is cut off, its end is missing';
  if (unknown.test(message)) return 'the file is no picture, or its beginning is damaged';
  return /corrupt header/i.test(message)
    ? 'the beginning of the file is damaged'
    : 'the file is damaged, there are wrong bytes in the middle of it';
}

/** libvips says some things several times, and where it looked for them, or wrote to. */
function readable(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  const telling = [...new Set(lines)].filter(
    (line) => line && !/: bad seek to \d+$|unable to write to target/.test(line),
  );
  return telling.join('; ');
}
