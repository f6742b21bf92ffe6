import { open } from 'node:fs/promises';
import {
  bytesOfFile,
  colourCode,
  pictureOfTiff,
  readTiffDirectories,
  readWebp,
  recognizeImage,
  undecodablePicture,
  unsupportedPicture,
  type ByteSource,
  type ColourCode,
  type TiffDirectory,
} from '#image-file';
import sharp, { type Metadata } from 'sharp';
import { localFault, locally } from '../local-fault.js';
import { heicSource, type HeicFacts } from './heic/heic-source.js';
import { ImageFailure } from './image-failure.js';
import { requirePixels } from './pixel-limit.js';
import { requireModestMetadata } from './png-metadata.js';
import { sourceTraits, type SourceTraits } from './source-traits.js';
import { mostChannels, undecodableImage } from './undecodable-image.js';

/** By so many bytes a file is recognized. */
const headBytes = 4_100;

/** What the channels of a file are: colours first, then what the file calls alpha, and what has no meaning for us. */
export interface ChannelLayout {
  /** 1 for grey, 3 for RGB, YCbCr and Lab, 4 for CMYK. */
  colours: number;
  /** Which channel is alpha; null without. */
  alpha: number | null;
  /** All of them. */
  channels: number;
}

/** A source, and what its file says of the picture in it. */
export interface SourceFile {
  path: string;
  /** Media type, from the content. */
  type: string;
  metadata: Metadata;
  /** Which page of a TIFF is the picture; 0 for all other files. */
  page: number;
  layout: ChannelLayout;
  /** From which fault on the file counts as damaged. */
  failOn: 'error' | 'warning';
  /** What outputs may take over. */
  traits: SourceTraits;
  /** What the colours mean, where the file says it by a code instead of a profile. */
  colourCode: ColourCode | null;
  /** Of a HEIC, which sharp neither looks into nor decodes. */
  heic?: HeicFacts;
}

/**
 * Looks into a file before anything of it is decoded.
 * @throws ImageFailure for a file that is no picture, or one that cannot be decoded right; LocalFault
 */
export async function inspectFile(path: string, pixelLimit: number): Promise<SourceFile> {
  await using file = await locally(open(path));
  const bytes = bytesOfFile(file);
  const type = (await recognizeImage(await locally(bytes(0, headBytes)))) ?? 'application/octet-stream';
  await locally(requireModestMetadata(bytes));
  const undecodableReason = await locally(undecodablePicture(bytes));
  if (undecodableReason)
    throw new ImageFailure('undecodable-image', `The picture cannot be decoded: ${undecodableReason}`);
  const unsupportedReason = await locally(unsupportedPicture(bytes, type));
  if (unsupportedReason) throw new ImageFailure('unsupported-picture', unsupportedReason);
  if (type === 'image/heic') {
    const { size } = await locally(file.stat());
    // The file is closed behind it: until then nobody else would wait for its failure.
    return await heicSource(path, bytes, size, pixelLimit);
  }
  const tiff = type === 'image/tiff' ? pictureOfTiff(await locally(readTiffDirectories(bytes))) : null;
  const page = tiff?.page ?? 0;
  const options = { failOn: 'error', page, limitInputPixels: pixelLimit, limitInputChannels: mostChannels } as const;
  const found = await sharp(path, options).metadata().catch(undecodable);
  const code = await locally(colourCodeOf(bytes, found));
  // Where a file says its colours by a code, its profile is for those who do not know codes.
  const metadata = code ? { ...found, hasProfile: false, icc: undefined } : found;
  requirePixels(metadata, pixelLimit);
  const layout = layoutOf(metadata, tiff?.directory);
  const traits = await locally(
    sourceTraits(bytes, metadata, {
      hasAlpha: layout.alpha !== null,
      isAnimated: type === 'image/apng',
      isLossless: (await readWebp(bytes))?.lossless ?? false,
    }),
  );
  return { path, type, metadata, page, layout, failOn: 'error', traits, colourCode: code };
}

/** How many channels are colours, by the tag PhotometricInterpretation of a TIFF; 3 when it is not here. */
const coloursOf: Readonly<Record<number, number>> = { 0: 1, 1: 1, 5: 4 };

function layoutOf({ channels, hasAlpha }: Metadata, directory?: TiffDirectory): ChannelLayout {
  // What is compressed, or has a palette, is decoded to other channels than the file has.
  if (directory?.photometric != null && directory.samplesPerPixel === channels) {
    const colours = coloursOf[directory.photometric] ?? 3;
    const extra = directory.extraSamples.findIndex((meaning) => meaning === 1 || meaning === 2);
    return { colours, alpha: extra < 0 ? null : colours + extra, channels };
  }
  const colours = hasAlpha ? channels - 1 : channels;
  return { colours, alpha: hasAlpha ? colours : null, channels };
}

/** The number of primaries that a file does not know. */
const unspecified = 2;

/** In a PNG the code is stronger than a profile; in an AVIF a profile is stronger than the code. */
async function colourCodeOf(bytes: ByteSource, { format, hasProfile }: Metadata): Promise<ColourCode | null> {
  if (format !== 'png' && (format !== 'heif' || hasProfile)) return null;
  const code = await colourCode(bytes);
  return code?.primaries === unspecified ? null : code;
}

function undecodable(error: Error): never {
  throw localFault(error) ?? undecodableImage(error);
}
