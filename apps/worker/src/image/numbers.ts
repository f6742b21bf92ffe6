import type { Sharp } from 'sharp';
import { ImageFailure } from './image-failure.js';
import type { SourceFile } from './source-file.js';

/** Pixels as plain numbers: of each pixel its colours, and then its alpha where it has one. */
export interface Numbers {
  /** In pixels. */
  width: number;
  height: number;
  /** 1 for grey, 3 for red, green and blue; one more with alpha. */
  channels: number;
  values: Uint8Array | Uint16Array;
}

/** What each kind of number in a file has for white. */
const kinds = {
  uchar: { array: Uint8Array, white: 255 },
  ushort: { array: Uint16Array, white: 65_535 },
  uint: { array: Uint32Array, white: 2 ** 32 - 1 },
  float: { array: Float32Array, white: 1 },
} as const;

/** What calculations may leave beside black and white. */
const tolerance = 0.001;

/**
 * The numbers of a file as they stand in it, whatever colours they mean, scaled to 16 bits.
 * @param image the file without its profile, upright
 * @param known whether something says what colours fractions mean
 * @throws ImageFailure `unsupported-picture`
 */
export async function readNumbers(image: Sharp, { metadata, layout }: SourceFile, known: boolean): Promise<Numbers> {
  const { depth, space } = metadata;
  const kind = kinds[depth as keyof typeof kinds];
  const { data, info } = await image.toColourspace(space).raw({ depth }).toBuffer({ resolveWithObject: true });
  const numbers = new kind.array(data.buffer, data.byteOffset, data.byteLength / kind.array.BYTES_PER_ELEMENT);
  const kept = [...Array.from({ length: layout.colours }).keys()];
  if (!known) requireLight(numbers, info.channels, kept);
  if (layout.alpha !== null) kept.push(layout.alpha);
  const values = new Uint16Array(info.width * info.height * kept.length);
  const scale = 65_535 / kind.white;
  for (let from = 0, to = 0; to < values.length; from += info.channels) {
    for (const channel of kept)
      values[to++] = Math.min(65_535, Math.max(0, Math.round(numbers[from + channel]! * scale)));
  }
  return { width: info.width, height: info.height, channels: kept.length, values };
}

/** Fractions that nothing explains are light from 0 to 1; beyond, they may as well be heights, or temperatures. */
function requireLight(numbers: ArrayLike<number>, channels: number, colours: number[]): void {
  let [least, most] = [0, 1];
  for (let from = 0; from < numbers.length; from += channels) {
    for (const colour of colours) {
      const value = numbers[from + colour]!;
      if (!(value >= least)) least = value;
      if (!(value <= most)) most = value;
    }
  }
  if (least >= -tolerance && most <= 1 + tolerance) return;
  throw new ImageFailure(
    'unsupported-picture',
    `The picture has floating-point numbers from ${least} to ${most}, and no colour profile; ` +
      'allowed are numbers from 0 (black) to 1 (white)',
  );
}

/** Grey as three equal colours. */
export function inThreeColours({ width, height, channels, values }: Numbers): Numbers {
  const wide = new Uint16Array((values.length / channels) * (channels + 2));
  for (let from = 0, to = 0; from < values.length; from += channels) {
    const grey = values[from]!;
    wide[to++] = grey;
    wide[to++] = grey;
    wide[to++] = grey;
    if (channels === 2) wide[to++] = values[from + 1]!;
  }
  return { width, height, channels: channels + 2, values: wide };
}

/** Numbers of 16 bits in 8. */
export function inBytes({ values, ...numbers }: Numbers): Numbers {
  return { ...numbers, values: Uint8Array.from(values, (value) => Math.round(value / 257)) };
}
