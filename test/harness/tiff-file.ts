/** The values of a field: numbers (SHORT, or LONG where one is larger), a text (ASCII), fractions (RATIONAL), or bytes (UNDEFINED). */
export type TiffValues = number[] | string | Buffer | { fractions: [number, number][] };

/** The fields of a directory, by tag. */
export type TiffFields = Record<number, TiffValues>;

export interface TiffPage {
  fields: TiffFields;
  /** The bytes of its one strip. */
  pixels?: Buffer;
}

export interface TiffOptions {
  bigEndian?: boolean;
  /** BigTIFF, whose offsets have 8 bytes. */
  big?: boolean;
  /** What stands between the header and the first directory. */
  gap?: Buffer;
}

const [ascii, short, long, rational, undefinedBytes, long8] = [2, 3, 4, 5, 7, 16];
const [stripOffsets, stripByteCounts] = [273, 279];

/** A TIFF of some pages: each directory is followed by its longer values and its pixels. */
export function tiffFile(pages: TiffPage[], { bigEndian = false, big = false, gap }: TiffOptions = {}): Buffer {
  const write = (value: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size);
    if (size === 8) bytes.writeBigUInt64LE(BigInt(value));
    else bytes.writeUIntLE(value, 0, size);
    return bigEndian ? Buffer.from(bytes.toReversed()) : bytes;
  };
  const offsetBytes = big ? 8 : 4;
  const countBytes = big ? 8 : 2;
  const valuesOf = (values: TiffValues): { type: number; count: number; bytes: Buffer } => {
    if (typeof values === 'string') {
      return { type: ascii, count: values.length + 1, bytes: Buffer.from(`${values}\0`, 'latin1') };
    }
    if (Buffer.isBuffer(values)) return { type: undefinedBytes, count: values.length, bytes: values };
    if (!Array.isArray(values)) {
      const bytes = Buffer.concat(values.fractions.flat().map((part) => write(part, 4)));
      return { type: rational, count: values.fractions.length, bytes };
    }
    const largest = values.reduce((most, value) => Math.max(most, value), 0);
    const [type, size] = largest < 2 ** 16 ? [short, 2] : [long, 4];
    return { type, count: values.length, bytes: Buffer.concat(values.map((value) => write(value, size))) };
  };

  const parts: Buffer[] = [
    Buffer.from(bigEndian ? 'MM' : 'II'),
    write(big ? 43 : 42, 2),
    ...(big ? [write(8, 2), write(0, 2)] : []),
  ];
  let position = (big ? 16 : 8) + (gap?.length ?? 0);
  parts.push(write(position, offsetBytes), gap ?? Buffer.alloc(0));
  for (const [index, { fields, pixels = Buffer.alloc(0) }] of pages.entries()) {
    const strips: TiffFields = pixels.length > 0 ? { [stripOffsets]: [0], [stripByteCounts]: [pixels.length] } : {};
    const entries = Object.entries({ ...fields, ...strips });
    const longer: Buffer[] = [];
    let behind = position + countBytes + entries.length * (4 + 2 * offsetBytes) + offsetBytes;
    // Objects have their whole-number keys in ascending order, as directories must have their tags.
    const directory = entries.map(([tag, values]) => {
      const { type, count, bytes } = valuesOf(values);
      const isInline = bytes.length <= offsetBytes;
      const value = isInline ? Buffer.concat([bytes], offsetBytes) : write(behind, offsetBytes);
      if (!isInline) behind += longer[longer.push(bytes) - 1]!.length;
      return [Number(tag), type, count, value] as const;
    });
    const next = index + 1 < pages.length ? behind + pixels.length : 0;
    parts.push(
      write(entries.length, countBytes),
      ...directory.flatMap(([tag, type, count, value]) => {
        const isStrip = tag === stripOffsets && pixels.length > 0;
        const head = [write(tag, 2), write(isStrip ? (big ? long8 : long) : type, 2), write(count, offsetBytes)];
        return [...head, isStrip ? write(behind, offsetBytes) : value];
      }),
      write(next, offsetBytes),
      ...longer,
      pixels,
    );
    position = behind + pixels.length;
  }
  return Buffer.concat(parts);
}

/** The fields of a picture of `side` × `side` pixels, uncompressed, with samples of so many bits each. */
export function pictureFields(photometric: number, bits: number[], side = 8): TiffFields {
  return {
    256: [side],
    257: [side],
    258: bits,
    259: [1],
    262: [photometric],
    277: [bits.length],
    278: [side],
  };
}

/** A page of one RGB colour. */
export function rgbPage(fields: TiffFields = {}, side = 8): TiffPage {
  const pixels = Buffer.alloc(side * side * 3, Buffer.from([200, 100, 50]));
  return { fields: { ...pictureFields(2, [8, 8, 8], side), ...fields }, pixels };
}
