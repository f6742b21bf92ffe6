import type { Numbers } from './numbers.js';
import { bytesField, longField, shortsField, writeDirectory } from './tiff-directory.js';

const littleEndian = Buffer.from('49492a00', 'hex');
/** What the tags that are set here mean: no compression, grey or red, green and blue, and alpha that was not multiplied. */
const [uncompressed, blackIsZero, rgb, unassociatedAlpha] = [1, 1, 2, 2];

/**
 * Numbers as a TIFF that says what colours they mean: sharp takes the profile of a file, and has no way to be told one
 * beside pixels.
 */
export function tiffWithProfile({ width, height, channels, values }: Numbers, profile: Buffer | null): Buffer {
  const pixels = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const padding = Buffer.alloc(pixels.length % 2);
  const colours = channels < 3 ? 1 : 3;
  const start = littleEndian.length + 4;
  const directoryAt = start + pixels.length + padding.length;
  const fields = [
    longField(256, width),
    longField(257, height),
    shortsField(258, ...Array.from({ length: channels }, () => values.BYTES_PER_ELEMENT * 8)),
    shortsField(259, uncompressed),
    shortsField(262, colours === 1 ? blackIsZero : rgb),
    longField(273, start),
    shortsField(277, channels),
    longField(278, height),
    longField(279, pixels.length),
    ...(channels > colours ? [shortsField(338, unassociatedAlpha)] : []),
    ...(profile ? [bytesField(34_675, profile)] : []),
  ];
  const offset = Buffer.alloc(4);
  offset.writeUInt32LE(directoryAt);
  return Buffer.concat([littleEndian, offset, pixels, padding, writeDirectory(fields, directoryAt)]);
}
