import type { Numbers } from './numbers.js';

/** Unsigned whole numbers of 2 and of 4 bytes, bytes of unknown meaning. */
const [short, long, opaque] = [3, 4, 7];

/**
 * Numbers as a TIFF that says what colours they mean: sharp takes the profile of a file, and has no way to be told one
 * beside pixels.
 */
export function tiffWithProfile({ width, height, channels, values }: Numbers, profile: Buffer | null): Buffer {
  const pixels = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const bits = values.BYTES_PER_ELEMENT * 8;
  const colours = channels < 3 ? 1 : 3;
  const head = 8;
  const bitsAt = head + pixels.length + (pixels.length % 2);
  const bitsPerSample = Buffer.from(new Uint16Array(4).fill(bits).buffer);
  const profileAt = bitsAt + bitsPerSample.length;
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, long, 1, width],
    [257, long, 1, height],
    // Up to two numbers of 2 bytes stand in the entry itself.
    [258, short, channels, channels > 2 ? bitsAt : channels === 2 ? bits | (bits << 16) : bits],
    [259, short, 1, 1],
    [262, short, 1, colours === 1 ? 1 : 2],
    [273, long, 1, head],
    [277, short, 1, channels],
    [278, long, 1, height],
    [279, long, 1, pixels.length],
    ...(channels > colours ? ([[338, short, 1, 2]] as [number, number, number, number][]) : []),
    ...(profile ? ([[34_675, opaque, profile.length, profileAt]] as [number, number, number, number][]) : []),
  ];
  const padding = profile ? profile.length % 2 : 0;
  const directoryAt = profileAt + (profile ? profile.length + padding : 0);
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length);
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(count, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  const header = Buffer.from('49492a0000000000', 'hex');
  header.writeUInt32LE(directoryAt, 4);
  return Buffer.concat([
    header,
    pixels,
    Buffer.alloc(pixels.length % 2),
    bitsPerSample,
    ...(profile ? [profile, Buffer.alloc(padding)] : []),
    directory,
  ]);
}
