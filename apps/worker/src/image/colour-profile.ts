import type { ColourCode } from '#image-file';

type Triple = [number, number, number];
type Matrix = [Triple, Triple, Triple];
interface Chromaticity {
  x: number;
  y: number;
}

/** Red, green and blue by the numbers of ITU-T H.273; all of them with a white of D65. */
const primaries: Readonly<Record<number, [Chromaticity, Chromaticity, Chromaticity]>> = {
  1: [at(0.64, 0.33), at(0.3, 0.6), at(0.15, 0.06)],
  9: [at(0.708, 0.292), at(0.17, 0.797), at(0.131, 0.046)],
  12: [at(0.68, 0.32), at(0.265, 0.69), at(0.15, 0.06)],
};
const white = at(0.3127, 0.329);

/** What a curve of the ICC's third kind is made of: (a·x + b)^g from d on, and c·x below it. */
type Curve = [g: number, a: number, b: number, c: number, d: number];
const bt709: Curve = [1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081];
const srgb: Curve = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
const linear: Curve = [1, 1, 0, 1, 0];

/** How numbers become light, by the numbers of ITU-T H.273. */
const curves: Readonly<Record<number, Curve>> = { 1: bt709, 6: bt709, 8: linear, 13: srgb, 14: bt709, 15: bt709 };

/** Light that is said in numbers of sRGB's primaries, without a curve. */
export const linearLight: ColourCode = { primaries: 1, transfer: 8 };

/**
 * The ICC profile of the colours that a file names by a code: primaries of sRGB (1), BT.2020 (9) or Display P3 (12), with a
 * curve that is known. Null for what sRGB is already, or is taken for: all other codes.
 */
export function profileOf({ primaries: code, transfer }: ColourCode): Buffer | null {
  const [space, curve] = [primaries[code], curves[transfer]];
  if (!space || !curve) return null;
  // Pictures of sRGB's primaries say the curve of television, and mean their own.
  if (code === 1 && curve !== linear) return null;
  const toD50 = multiply(adaptation(), lightOf(space));
  const tag = curveTag(curve);
  const column = (index: 0 | 1 | 2): Buffer => xyzTag([toD50[0][index], toD50[1][index], toD50[2][index]]);
  return iccProfile([
    ['desc', textTag(`H.273 ${code}/${transfer}`)],
    ['cprt', textTag('No copyright')],
    ['wtpt', xyzTag(d50)],
    ['rXYZ', column(0)],
    ['gXYZ', column(1)],
    ['bXYZ', column(2)],
    ['rTRC', tag],
    ['gTRC', tag],
    ['bTRC', tag],
  ]);
}

const d50: Triple = [0.9642, 1, 0.8249];
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

function at(x: number, y: number): Chromaticity {
  return { x, y };
}

function xyzOf({ x, y }: Chromaticity): Triple {
  return [x / y, 1, (1 - x - y) / y];
}

/** From amounts of the primaries to XYZ, so that all three together are the white. */
function lightOf(space: [Chromaticity, Chromaticity, Chromaticity]): Matrix {
  const [red, green, blue] = space.map(xyzOf) as [Triple, Triple, Triple];
  const columns = [0, 1, 2].map((row) => [red[row]!, green[row]!, blue[row]!]) as Matrix;
  const amounts = apply(inverse(columns), xyzOf(white));
  return columns.map((row) => row.map((value, index) => value * amounts[index]!)) as Matrix;
}

/** From a white of D65 to that of profiles, D50. */
function adaptation(): Matrix {
  const [from, to] = [apply(bradford, xyzOf(white)), apply(bradford, d50)];
  const scaled = bradford.map((row, index) => row.map((value) => (value * to[index]!) / from[index]!)) as Matrix;
  return multiply(inverse(bradford), scaled);
}

function apply(matrix: Matrix, [x, y, z]: Triple): Triple {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as Triple;
}

function multiply(left: Matrix, right: Matrix): Matrix {
  return left.map((row) =>
    [0, 1, 2].map((column) => row.reduce((sum, value, index) => sum + value * right[index]![column]!, 0)),
  ) as Matrix;
}

function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const adjugate: Matrix = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  return adjugate.map((row) => row.map((value) => value / determinant)) as Matrix;
}

/** An ICC profile of version 4 for a display in RGB. */
function iccProfile(tags: [signature: string, content: Buffer][]): Buffer {
  const header = Buffer.alloc(128);
  header.writeUInt32BE(0x04_30_00_00, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  for (const [index, value] of d50.entries()) header.writeInt32BE(fixed(value), 68 + index * 4);
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length);
  let offset = header.length + table.length;
  for (const [index, [signature, content]] of tags.entries()) {
    table.write(signature, 4 + index * 12, 'latin1');
    table.writeUInt32BE(offset, 8 + index * 12);
    table.writeUInt32BE(content.length, 12 + index * 12);
    offset += content.length;
  }
  header.writeUInt32BE(offset);
  return Buffer.concat([header, table, ...tags.map(([, content]) => content)]);
}

function xyzTag(values: Triple): Buffer {
  return Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), ...values.map(fixedBytes)]);
}

function curveTag(curve: Curve): Buffer {
  return Buffer.concat([Buffer.from('para\0\0\0\0\0\x03\0\0', 'latin1'), ...curve.map(fixedBytes)]);
}

/** One text in one language; its length must be even in bytes, and a multiple of four to keep what follows in place. */
function textTag(text: string): Buffer {
  const words = Buffer.from(text.padEnd(text.length + (text.length % 2)), 'utf16le').swap16();
  const head = Buffer.alloc(28);
  head.write('mluc', 'latin1');
  head.writeUInt32BE(1, 8);
  head.writeUInt32BE(12, 12);
  head.write('enUS', 16, 'latin1');
  head.writeUInt32BE(words.length, 20);
  head.writeUInt32BE(head.length, 24);
  return Buffer.concat([head, words]);
}

/** A number as profiles have it: 16 bits, and 16 bits of fractions. */
function fixed(value: number): number {
  return Math.round(value * 65_536);
}

function fixedBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(fixed(value));
  return bytes;
}
