/** A box of the ISO base media file format. */
export function box(type: string, ...content: Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.reduce((sum, part) => sum + part.length, 0));
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}

/** A box with a version and flags. */
export function fullBox(type: string, version: number, ...content: Buffer[]): Buffer {
  return box(type, Buffer.from([version, 0, 0, 0]), ...content);
}

export function ftyp(majorBrand: string, ...compatibleBrands: string[]): Buffer {
  return box('ftyp', Buffer.from(`${majorBrand}\0\0\0\0${compatibleBrands.join('')}`, 'latin1'));
}

export interface HeifOptions {
  /** The first of the items is the primary one; a derived one is put together from the others. */
  items?: string[];
  properties?: Buffer[];
  /** The properties of the primary item, by their places from 1. All, when left out. */
  own?: number[];
  /** Whether ids have 32 bits, and places of properties 15. */
  large?: boolean;
}

/** The metadata of a HEIF file, without any pixels. */
export function meta({ items = ['av01'], properties = [], own, large = false }: HeifOptions = {}): Buffer {
  const id = (value: number): Buffer => uint(value, large ? 4 : 2);
  const version = large ? 1 : 0;
  const infe = items.map((type, index) =>
    fullBox('infe', large ? 3 : 2, id(index + 1), uint(0, 2), Buffer.from(`${type}\0`, 'latin1')),
  );
  const parts = items.slice(1).map((_type, index) => id(index + 2));
  const dimg = box('dimg', id(1), uint(parts.length, 2), ...parts);
  const place = (value: number): Buffer => uint(large ? value | 0x8000 : value | 0x80, large ? 2 : 1);
  const associations = (item: number, its: number[]): Buffer =>
    Buffer.concat([id(item), uint(its.length, 1), ...its.map(place)]);
  const all = properties.map((_property, index) => index + 1);
  // Another item first, with properties that are not the picture's.
  const ipma = [Buffer.from([version, 0, 0, version]), uint(2, 4), associations(99, [1]), associations(1, own ?? all)];
  return fullBox(
    'meta',
    0,
    fullBox('hdlr', 0, Buffer.from('\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1')),
    fullBox('pitm', version, id(1)),
    fullBox('iinf', version, uint(items.length, large ? 4 : 2), ...infe),
    ...(parts.length > 0 ? [fullBox('iref', version, dimg)] : []),
    box('iprp', box('ipco', ...properties), box('ipma', ...ipma)),
  );
}

/** The property that says what colours mean, in the numbers of ITU-T H.273. */
export function nclx(primaries: number, transfer: number, matrix = 6, fullRange = true): Buffer {
  const numbers = [primaries, transfer, matrix].map((number) => uint(number, 2));
  return box('colr', Buffer.from('nclx'), ...numbers, Buffer.from([fullRange ? 0x80 : 0]));
}

/** A file of the same length whose brands are others, so that offsets in it stay right; the last one fills up. */
export function withBrands(file: Buffer, majorBrand: string, ...compatibleBrands: string[]): Buffer {
  const changed = Buffer.from(file);
  changed.write(majorBrand, 8, 'latin1');
  for (let at = 16, left = [...compatibleBrands]; at < file.readUInt32BE(0); at += 4) {
    changed.write(left.shift() ?? compatibleBrands.at(-1) ?? majorBrand, at, 'latin1');
  }
  return changed;
}

export function uint(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}
