import type { ByteSource } from './bytes/byte-source.js';
import { colourCode } from './colour-code.js';
import { readHeif } from './heif/heif-file.js';
import { readJpeg } from './jpeg/jpeg-file.js';
import { readPng } from './png/png-file.js';
import { unsupportedTiff } from './tiff/unsupported-tiff.js';

/** The transfer characteristics of ITU-T H.273 for high dynamic range. */
const hdrTransfers: Readonly<Record<number, string>> = { 16: 'PQ', 18: 'HLG' };

/** Under other major brands the decoder does not look for a picture. */
const decodableBrands = ['avif', 'mif1', 'msf1', 'heic', 'hevc'];

/**
 * Why a picture of an allowed type cannot be decoded right: what it has, and what is allowed, in a sentence. Null when
 * nothing speaks against it. Of the beginning of a file, only what that says is judged.
 * @param type its media type
 */
export async function unsupportedPicture(bytes: ByteSource, type: string): Promise<string | null> {
  switch (type) {
    case 'image/tiff':
      return unsupportedTiff(bytes);
    case 'image/jpeg':
      return unsupportedJpeg(bytes);
    case 'image/avif':
      return (await unsupportedBrand(bytes)) ?? (await highDynamicRange(bytes));
    case 'image/heic':
    case 'image/png':
    case 'image/apng':
      return highDynamicRange(bytes);
    default:
      return null;
  }
}

/**
 * Why no decoder but its maker's reads a file, in a sentence that can follow "The picture cannot be decoded"; null when
 * nothing is known against it.
 */
export async function undecodablePicture(bytes: ByteSource): Promise<string | null> {
  return (await readPng(bytes))?.isCgBI
    ? "It is a PNG of Apple's own kind (CgBI), made for apps, which only Apple's decoders read"
    : null;
}

async function unsupportedJpeg(bytes: ByteSource): Promise<string | null> {
  const jpeg = await readJpeg(bytes);
  if (jpeg?.isJpegLs) return 'The JPEG is a JPEG-LS; allowed are baseline, progressive and lossless JPEG';
  return jpeg && jpeg.bitsPerSample !== 8 ? `The JPEG has ${jpeg.bitsPerSample}-bit samples; allowed are 8 bits` : null;
}

async function unsupportedBrand(bytes: ByteSource): Promise<string | null> {
  const heif = await readHeif(bytes);
  if (!heif || decodableBrands.includes(heif.majorBrand)) return null;
  return `The AVIF has the major brand ${printable(heif.majorBrand)}; allowed are avif and mif1`;
}

async function highDynamicRange(bytes: ByteSource): Promise<string | null> {
  const transfer = hdrTransfers[(await colourCode(bytes))?.transfer ?? 0];
  if (!transfer) return null;
  const what = `The picture is one of high dynamic range (${transfer}), which 8-bit sRGB cannot show`;
  return `${what}; allowed is standard dynamic range, such as sRGB and Display P3`;
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
