import { colourCode, readHeif, type ByteSource } from '#image-file';
import type { Metadata } from 'sharp';
import { locally } from '../../local-fault.js';
import { ImageFailure } from '../image-failure.js';
import { requirePixels } from '../pixel-limit.js';
import type { SourceFile } from '../source-file.js';

/** What a HEIC says of itself and sharp does not. */
export interface HeicFacts {
  /** Of the file, in bytes. */
  fileBytes: number;
  /** Whether a channel may have more than 8 bits. */
  deep: boolean;
}

/** sharp cannot look into the picture, so these are the facts of its pixels once they are decoded. */
const decoded = { format: 'raw', space: 'srgb', depth: 'uchar', isProgressive: false, isPalette: false } as const;

/**
 * Looks into the container of a HEIC; nothing of it is decoded. Whether it has alpha, and what is cropped from it, is
 * known only later: until then it counts as what takes most memory.
 * @throws ImageFailure when it has no picture, or one that is too large; LocalFault
 */
export async function heicSource(
  path: string,
  bytes: ByteSource,
  fileBytes: number,
  pixelLimit: number,
): Promise<SourceFile> {
  const picture = (await locally(readHeif(bytes)))?.picture;
  if (!picture?.width || !picture.height) {
    const detail = 'The picture cannot be decoded: the beginning of the file is damaged, or cut off';
    throw new ImageFailure('undecodable-image', detail, 'The primary item has no size (ispe)');
  }
  const size = { width: picture.width, height: picture.height };
  requirePixels(size, pixelLimit);
  const upright = picture.quarterTurns % 2 === 0 ? size : { width: size.height, height: size.width };
  const icc = picture.profile ?? undefined;
  const metadata: Metadata = {
    ...decoded,
    ...upright,
    autoOrient: upright,
    channels: 4,
    hasAlpha: true,
    hasProfile: icc !== undefined,
    icc,
  };
  const { bitsPerChannel } = picture;
  return {
    path,
    type: 'image/heic',
    metadata,
    page: 0,
    layout: { colours: 3, alpha: 3, channels: 4 },
    failOn: 'error',
    traits: { hasAlpha: true, isAnimated: false, isLossless: false },
    colourCode: icc ? null : await locally(colourCode(bytes)),
    heic: { fileBytes, deep: bitsPerChannel.length === 0 || bitsPerChannel.some((bits) => bits > 8) },
  };
}
