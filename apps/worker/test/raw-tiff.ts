/** How the samples of a TIFF are to be read. */
export interface RawTiff {
  width: number;
  height: number;
  /** Samples of each pixel. */
  channels: number;
  /** As the file has them, in the byte order of this machine (little endian). */
  samples: Uint8Array | Uint16Array | Uint32Array | Int16Array | Float32Array | Float64Array;
  /** 1 grey, 2 RGB, 5 CMYK, 6 YCbCr, 8 CIELAB. */
  photometric: number;
  /** Of each sample beyond the colours: 0 unspecified, 1 associated alpha, 2 alpha. */
  extraSamples?: number[];
  profile?: Buffer;
  /** As in EXIF. */
  orientation?: number;
  /** 1 for a reduced preview of the next page. */
  newSubfileType?: number;
}

const [short, long, opaque] = [3, 4, 7];

/** An uncompressed TIFF of one page each, written by the specification and by no library. */
export function rawTiff(...pages: RawTiff[]): Buffer {
  const header = Buffer.from('49492a0000000000', 'hex');
  const parts: Buffer[] = [header];
  let length = header.length;
  let linkAt = 4;
  const write = (part: Buffer): number => {
    const at = length;
    const padded = part.length % 2 ? Buffer.concat([part, Buffer.alloc(1)]) : part;
    parts.push(padded);
    length += padded.length;
    return at;
  };
  for (const page of pages) {
    const { directory, link } = directoryOf(page, write);
    const at = write(directory);
    const whole = Buffer.concat(parts);
    whole.writeUInt32LE(at, linkAt);
    parts.splice(0, parts.length, whole);
    linkAt = at + link;
  }
  return Buffer.concat(parts);
}

function directoryOf(page: RawTiff, write: (part: Buffer) => number): { directory: Buffer; link: number } {
  const {
    width,
    height,
    channels,
    samples,
    photometric,
    extraSamples = [],
    profile,
    orientation,
    newSubfileType,
  } = page;
  const pixels = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const isFloat = samples instanceof Float32Array || samples instanceof Float64Array;
  const format = isFloat ? 3 : samples instanceof Int16Array ? 2 : 1;
  const shorts = (values: number[]): [type: number, count: number, value: number] => {
    const bytes = Buffer.from(new Uint16Array(values.length < 3 ? [...values, 0] : values).buffer);
    return [short, values.length, values.length < 3 ? bytes.readUInt32LE() : write(bytes)];
  };
  const each = (value: number): number[] => Array.from({ length: channels }, () => value);
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [254, long, 1, newSubfileType ?? 0],
    [256, long, 1, width],
    [257, long, 1, height],
    [258, ...shorts(each(samples.BYTES_PER_ELEMENT * 8))],
    [259, ...shorts([1])],
    [262, ...shorts([photometric])],
    [273, long, 1, write(pixels)],
    [274, ...shorts([orientation ?? 1])],
    [277, ...shorts([channels])],
    [278, long, 1, height],
    [279, long, 1, pixels.length],
    ...(extraSamples.length > 0 ? ([[338, ...shorts(extraSamples)]] as [number, number, number, number][]) : []),
    [339, ...shorts(each(format))],
    ...(profile ? ([[34_675, opaque, profile.length, write(profile)]] as [number, number, number, number][]) : []),
  ];
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length);
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(count, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  return { directory, link: directory.length - 4 };
}
