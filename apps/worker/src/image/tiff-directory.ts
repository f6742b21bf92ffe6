/** One field of a directory of TIFF, which is also the form of EXIF data. */
export interface TiffField {
  tag: number;
  type: number;
  /** Of values, not bytes. */
  count: number;
  /** The values, or, as it stands in the file, where they are. */
  value: Buffer;
}

export const tags = {
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  artist: 315,
  copyright: 33_432,
} as const;
const types = { ascii: 2, short: 3, long: 4, rational: 5, undefined: 7 } as const;
const inch = 2;
const fieldBytes = 12;

export function textField(tag: number, text: Buffer): TiffField {
  const value = Buffer.concat([text, Buffer.of(0)]);
  return { tag, type: types.ascii, count: value.length, value };
}

/** Whole numbers of 2 bytes. */
export function shortsField(tag: number, ...numbers: number[]): TiffField {
  const value = Buffer.alloc(numbers.length * 2);
  for (const [index, number] of numbers.entries()) value.writeUInt16LE(number, index * 2);
  return { tag, type: types.short, count: numbers.length, value };
}

/** A whole number of 4 bytes. */
export function longField(tag: number, number: number): TiffField {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(number);
  return { tag, type: types.long, count: 1, value };
}

/** Bytes that mean something to others. */
export function bytesField(tag: number, value: Buffer): TiffField {
  return { tag, type: types.undefined, count: value.length, value };
}

/** The fields of a density in pixels per inch. */
export function densityFields(density: number): TiffField[] {
  const steps = 1000;
  const value = Buffer.alloc(8);
  value.writeUInt32LE(Math.round(density * steps));
  value.writeUInt32LE(steps, 4);
  return [
    { tag: tags.xResolution, type: types.rational, count: 1, value },
    { tag: tags.yResolution, type: types.rational, count: 1, value },
    shortsField(tags.resolutionUnit, inch),
  ];
}

/** Reads the fields of a little-endian directory; a value of more than 4 bytes is left where it is. */
export function readDirectory(directory: Buffer): TiffField[] {
  return Array.from({ length: directory.readUInt16LE() }, (_field, index) => {
    const at = 2 + index * fieldBytes;
    return {
      tag: directory.readUInt16LE(at),
      type: directory.readUInt16LE(at + 2),
      count: directory.readUInt32LE(at + 4),
      value: directory.subarray(at + 8, at + fieldBytes),
    };
  });
}

/**
 * The bytes of a little-endian directory, the only one or the last one, with the values of its fields behind it.
 * @param at where it will stand
 */
export function writeDirectory(fields: TiffField[], at: number): Buffer {
  const sorted = [...fields].sort((left, right) => left.tag - right.tag);
  const directory = Buffer.alloc(2 + sorted.length * fieldBytes + 4);
  directory.writeUInt16LE(sorted.length);
  const values: Buffer[] = [];
  let end = at + directory.length;
  for (const [index, { tag, type, count, value }] of sorted.entries()) {
    const entry = 2 + index * fieldBytes;
    directory.writeUInt16LE(tag, entry);
    directory.writeUInt16LE(type, entry + 2);
    directory.writeUInt32LE(count, entry + 4);
    if (value.length <= 4) {
      value.copy(directory, entry + 8);
      continue;
    }
    directory.writeUInt32LE(end, entry + 8);
    const padded = Buffer.concat([value, Buffer.alloc(value.length % 2)]);
    values.push(padded);
    end += padded.length;
  }
  return Buffer.concat([directory, ...values]);
}
