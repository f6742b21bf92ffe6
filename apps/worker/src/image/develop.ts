import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { linearLight, profileOf } from './colour-profile.js';
import { ImageFailure } from './image-failure.js';
import { inBytes, inThreeColours, readNumbers, type Numbers } from './numbers.js';
import { blankPixels, type Pixels } from './pixels.js';
import type { SourceFile } from './source-file.js';
import { tiffWithProfile } from './tiff-with-profile.js';

/** What sharp brings to sRGB by itself, before it does anything else. */
const ordinarySpaces = ['srgb', 'b-w', 'cmyk'];
/** Where floating-point numbers, and whole numbers of 32 bits, are red, green and blue, or grey. */
const plainSpaces = ['srgb', 'scrgb', 'rgb16', 'b-w', 'grey16'];

/**
 * Whether sharp must not be left alone with the picture: it would take its numbers for other colours than they are, or a
 * channel for what it is not.
 */
export function needsDeveloping(source: SourceFile): boolean {
  const { depth, space } = source.metadata;
  return depth !== 'uchar' || !ordinarySpaces.includes(space) || hasStrangers(source) || codedProfile(source) !== null;
}

/**
 * The most that developing takes beside the pixels that it makes, in bytes for each pixel: the numbers as they are in the
 * file, at 16 bits, and as a TIFF in the making.
 */
export function developingBytes({ layout: { channels } }: SourceFile): number {
  return channels * 4 + 8 + 8;
}

/**
 * Makes of an extraordinary still what all operations expect: sRGB, 8 bits a channel, and no channel but colours and
 * alpha.
 * @param open a new pipeline of the file, upright
 * @throws ImageFailure `unsupported-picture` for numbers whose meaning is not known; errors of sharp
 */
export async function develop(source: SourceFile, open: (options?: SharpOptions) => Sharp): Promise<Pixels> {
  const { depth, space, hasProfile } = source.metadata;
  const isUnusual = depth === 'float' || depth === 'uint';
  const greyOf16 = space === 'grey16' && hasProfile;
  if (isUnusual || greyOf16 || codedProfile(source)) return pixelsOf(await fromNumbers(source, open));
  // sharp brings 16 bits to Display P3, and takes them for sRGB from there on unless it is told where to go.
  const image = depth === 'ushort' && hasProfile ? open().withIccProfile('srgb', { attach: false }) : open();
  return withoutStrangers(await pixelsOf(image), source);
}

/** Pixels of 8 bits in sRGB, of numbers that mean what a profile says. @param limit sets a pipeline its time */
export async function inSrgb(numbers: Numbers, profile: Buffer, limit: (image: Sharp) => Sharp): Promise<Pixels> {
  return pixelsOf(limit(opened(tiffWithProfile(numbers, profile))).withIccProfile('srgb', { attach: false }));
}

async function pixelsOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels as 3 | 4 };
}

/** The picture from its numbers, with a profile that says what they mean. */
async function fromNumbers(source: SourceFile, open: (options?: SharpOptions) => Sharp): Promise<Sharp> {
  const { depth, space } = source.metadata;
  if (!plainSpaces.includes(space)) {
    throw new ImageFailure(
      'unsupported-picture',
      `The picture has 32-bit numbers (${depth}) in the colour space ${space}; allowed with 32 bits are RGB and grey`,
    );
  }
  const own = fittingProfile(source);
  const coded = codedProfile(source) ?? (depth === 'float' && !own ? profileOf(linearLight) : null);
  const numbers = await readNumbers(open({ ignoreIcc: true }), source, depth !== 'float' || own !== null);
  const isGrey = source.layout.colours === 1;
  // sharp leaves the profile of a grey picture alone at 16 bits, and minds it at 8.
  if (isGrey && own && !coded) return opened(tiffWithProfile(inBytes(numbers), own));
  const colours = isGrey ? inThreeColours(numbers) : numbers;
  const profile = coded ?? own;
  const image = opened(tiffWithProfile(colours, profile));
  return profile ? image.withIccProfile('srgb', { attach: false }) : image;
}

function opened(file: Buffer): Sharp {
  // The limit of pixels was held where the numbers came from.
  return sharp(file, { limitInputPixels: false });
}

export function codedProfile({ colourCode }: SourceFile): Buffer | null {
  return colourCode && profileOf(colourCode);
}

/** The profile of a file, unless it is for another colour space than the file's own. */
export function fittingProfile({
  metadata: { icc },
  layout,
}: {
  metadata: Metadata;
  layout: SourceFile['layout'];
}): Buffer | null {
  const space = layout.colours === 1 ? 'GRAY' : 'RGB ';
  return icc?.toString('latin1', 16, 20) === space ? icc : null;
}

/** Whether there are channels that are neither colours nor alpha. */
function hasStrangers({ layout: { colours, alpha, channels } }: SourceFile): boolean {
  return channels > colours + (alpha === null ? 0 : 1);
}

/** Drops what is neither colour nor alpha. All colour spaces have become three channels by now. */
function withoutStrangers(pixels: Pixels, source: SourceFile): Pixels {
  if (!hasStrangers(source)) return pixels;
  const { colours, alpha } = source.layout;
  const kept = alpha === null ? [0, 1, 2] : [0, 1, 2, alpha - colours + 3];
  const { data, width, height, channels } = pixels;
  const left = blankPixels(width, height, kept.length as 3 | 4);
  for (let from = 0, to = 0; to < left.data.length; from += channels) {
    for (const channel of kept) left.data[to++] = data[from + channel]!;
  }
  return left;
}
