import { Problem } from '#contracts';
import { fileTypeFromBuffer } from 'file-type';

/** The media types that may be uploaded, with the extension that a download gets. */
export const imageTypes: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/apng': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/tiff': 'tiff',
};

/** Little and big endian, classic and big TIFF. */
const tiffMagics = ['49492a00', '4d4d002a', '49492b00', '4d4d002b'].map((magic) => Buffer.from(magic, 'hex'));

/** What `file-type` wants to see of a file. */
const headBytes = 4_100;

export interface RecognizedImage {
  /** Media type, from the content. */
  type: string;
  /** All bytes of the image, from the first. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * Reads the beginning of a stream and recognizes the image in it.
 * @throws Problem `empty-file`, `unsupported-image-type`
 */
export async function recognizeImage(stream: AsyncIterable<Uint8Array>): Promise<RecognizedImage> {
  const chunks = stream[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let size = 0;
  while (size < headBytes) {
    const { done, value } = await chunks.next();
    if (done) break;
    head.push(value);
    size += value.byteLength;
  }
  if (size === 0) throw new Problem('empty-file', 'The file in the field "image" has no bytes');
  const type = await typeOf(Buffer.concat(head));
  if (!type || !Object.hasOwn(imageTypes, type)) {
    const allowed = [...new Set(Object.values(imageTypes))].join(', ');
    const what = type ? `looks like ${type}` : 'is of no known type';
    throw new Problem('unsupported-image-type', `The content ${what}; allowed are ${allowed}`);
  }
  return { type, body: rejoin(head, chunks) };
}

async function typeOf(head: Buffer): Promise<string | undefined> {
  const found = await fileTypeFromBuffer(head);
  // A TIFF may have its directory, which tells it from the raw formats of cameras, at its very end.
  return found?.mime ?? (tiffMagics.some((magic) => head.subarray(0, 4).equals(magic)) ? 'image/tiff' : undefined);
}

async function* rejoin(head: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
