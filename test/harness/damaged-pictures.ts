import { crc32, deflateSync } from 'node:zlib';

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What a PNG of one colour is made of. */
export interface PngOptions {
  width: number;
  height: number;
  /** Goes between the header and the pixels. */
  chunks?: Buffer[];
  /** The rows that there are, if not as many as the header says. */
  rows?: number;
}

/** A black PNG of one bit a pixel: the smallest file for so many pixels. */
export function blackPng({ width, height, chunks = [], rows = height }: PngOptions): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const pixels = deflateSync(Buffer.alloc(rows * (1 + Math.ceil(width / 8))));
  return Buffer.concat([
    pngSignature,
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

export function pngChunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

/** A chunk of so many bytes that are compressed to next to nothing: a text, or a colour profile. */
export function pngChunkBomb(type: 'zTXt' | 'iCCP', bytes: number): Buffer {
  return pngChunk(type, Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), deflateSync(Buffer.alloc(bytes, 'a'))]));
}

/** A GIF of so many frames, each of one pixel. */
export function gifOfFrames(count: number): Buffer {
  const screen = Buffer.from('47494638396101000100800000000000ffffff', 'hex');
  const frame = Buffer.from('21f904000a0000002c0000000001000100000202440100', 'hex');
  return Buffer.concat([screen, ...Array.from({ length: count }, () => frame), Buffer.from([0x3b])]);
}

/** A TIFF of so many pages, each of one grey pixel, or of as many pixels as its pages claim. */
export function tiffOfPages(count: number, side = 1): Buffer {
  const entries = (next: number): Buffer => {
    const fields: [tag: number, type: 3 | 4, value: number][] = [
      [256, 4, side],
      [257, 4, side],
      [258, 3, 8],
      [259, 3, 1],
      [262, 3, 1],
      [273, 4, 8],
      [277, 3, 1],
      [278, 4, side],
      [279, 4, 1],
    ];
    const directory = Buffer.alloc(2 + fields.length * 12 + 4);
    directory.writeUInt16LE(fields.length, 0);
    for (const [index, [tag, type, value]] of fields.entries()) {
      const at = 2 + index * 12;
      directory.writeUInt16LE(tag, at);
      directory.writeUInt16LE(type, at + 2);
      directory.writeUInt32LE(1, at + 4);
      directory.writeUInt32LE(value, at + 8);
    }
    directory.writeUInt32LE(next, directory.length - 4);
    return directory;
  };
  const [first, length] = [10, entries(0).length];
  const head = Buffer.from('49492a000a0000007f00', 'hex');
  const pages = Array.from({ length: count }, (_unused, index) =>
    entries(index + 1 === count ? 0 : first + (index + 1) * length),
  );
  return Buffer.concat([head, ...pages]);
}

/** The first part of a file. */
export function cut(file: Buffer, part: number): Buffer {
  return file.subarray(0, Math.floor(file.length * part));
}

/** A file of which the bytes at some places, as parts of its length, have all their bits turned. */
export function turned(file: Buffer, ...places: number[]): Buffer {
  const damaged = Buffer.from(file);
  for (const place of places) damaged[Math.floor(file.length * place)]! ^= 0xff;
  return damaged;
}
