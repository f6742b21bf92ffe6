import type { ByteSource } from '#image-file';

const fieldBytes = 12;
const text = 2;

/**
 * Texts of the first picture in a TIFF, or in EXIF data, which have the same form, by their tags. What has no such form
 * with offsets of 4 bytes, or is damaged, has none.
 * @param longest how many bytes of a text are read at most
 */
export async function tiffTexts(
  bytes: ByteSource,
  wanted: readonly number[],
  longest: number,
): Promise<Map<number, Buffer>> {
  const texts = new Map<number, Buffer>();
  const head = await bytes(0, 8);
  const order = head.toString('latin1', 0, 4);
  if (head.length < 8 || (order !== 'II*\0' && order !== 'MM\0*')) return texts;
  const little = order.startsWith('I');
  const short = (from: Buffer, at: number): number => (little ? from.readUInt16LE(at) : from.readUInt16BE(at));
  const long = (from: Buffer, at: number): number => (little ? from.readUInt32LE(at) : from.readUInt32BE(at));
  const directory = long(head, 4);
  const count = await bytes(directory, 2);
  if (count.length < 2) return texts;
  const fields = await bytes(directory + 2, short(count, 0) * fieldBytes);
  for (let at = 0; at + fieldBytes <= fields.length; at += fieldBytes) {
    const tag = short(fields, at);
    if (!wanted.includes(tag) || short(fields, at + 2) !== text) continue;
    const length = long(fields, at + 4);
    const inPlace = fields.subarray(at + 8, at + 8 + length);
    texts.set(tag, length <= 4 ? inPlace : await bytes(long(fields, at + 8), Math.min(length, longest)));
  }
  return texts;
}
