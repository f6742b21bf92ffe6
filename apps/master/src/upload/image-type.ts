import { bytesOf, recognizeImage, unsupportedPicture } from '#image-file';
import { Problem } from '#contracts';
import { fileTypeFromBuffer } from 'file-type';
import { refusalOf } from './refused-types.js';

/** The extension that a download gets, by the media type of an image. */
export const imageTypes: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/apng': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/tiff': 'tiff',
  'image/heic': 'heic',
};

/** The media types that may be uploaded, HEIC only where the workers were given a decoder of it. */
export function acceptedTypes({ heic }: { heic: boolean }): ReadonlySet<string> {
  return new Set(Object.keys(imageTypes).filter((type) => heic || type !== 'image/heic'));
}

/** Enough to tell the types apart. */
const headBytes = 4_100;

export interface RecognizedSource {
  /** Media type, from the content. */
  type: string;
  /** All bytes of the image, from the first. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * Reads the beginning of a stream and recognizes the image in it.
 * @param accepted the media types that are allowed
 * @throws Problem `empty-file`, `unsupported-image-type`, `unsupported-picture`
 */
export async function recognizeSource(
  stream: AsyncIterable<Uint8Array>,
  accepted: ReadonlySet<string>,
): Promise<RecognizedSource> {
  const chunks = stream[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let size = 0;
  while (size < headBytes) {
    const { done, value } = await chunks.next();
    if (done) break;
    read.push(value);
    size += value.byteLength;
  }
  if (size === 0) throw new Problem('empty-file', 'The file in the field "image" has no bytes');
  // No more than this, so that what becomes of a file does not depend on how it arrives.
  const head = Buffer.concat(read).subarray(0, headBytes);
  const type = await recognizeImage(head);
  if (type === null || !accepted.has(type)) {
    const allowed = [...new Set([...accepted].map((each) => imageTypes[each]))].join(', ');
    const refusal = refusalOf(type ?? (await nameOfOther(head, accepted)));
    throw new Problem('unsupported-image-type', `${refusal}; allowed are ${allowed}`);
  }
  const reason = await unsupportedPicture(bytesOf(head), type);
  if (reason !== null) throw new Problem('unsupported-picture', reason);
  return { type, body: rejoin(read, chunks) };
}

/** The media type of what is not recognized as an image. What only looks like an allowed one has no name. */
async function nameOfOther(head: Buffer, accepted: ReadonlySet<string>): Promise<string | null> {
  const { mime } = (await fileTypeFromBuffer(head)) ?? {};
  return mime === undefined || accepted.has(mime) ? null : mime;
}

async function* rejoin(head: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
