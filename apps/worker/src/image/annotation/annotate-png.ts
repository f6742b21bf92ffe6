import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { bytesOfFile, pngChunks } from '#image-file';
import { hasTexts, type Annotation } from './annotation.js';
import { exifBlock } from './exif-block.js';
import { changeFile, spliceFile } from './file-bytes.js';

const headBytes = 8;
const checksumBytes = 4;
const metresPerInch = 0.0254;
const [unknownUnit, metre] = [0, 1];

/** Sets the density where libvips wrote one, and puts texts into EXIF data behind it. */
export async function annotatePng(path: string, annotation: Annotation): Promise<void> {
  const density = chunk('pHYs', physicalSize(annotation.density));
  const position = await changeFile(path, (file) => positionOf(file, 'pHYs'));
  if (hasTexts(annotation)) {
    // Many readers look for it in front of the pixels only.
    const exif = chunk('eXIf', exifBlock(annotation));
    await spliceFile(path, position, density.length, Buffer.concat([density, exif]));
  } else {
    await changeFile(path, (file) => file.write(density, 0, density.length, position));
  }
}

/** Pixels per metre; without a density, that a pixel is as wide as it is high. */
function physicalSize(density?: number): Buffer {
  const content = Buffer.alloc(9);
  const pixels = density === undefined ? 1 : Math.round(density / metresPerInch);
  content.writeUInt32BE(pixels);
  content.writeUInt32BE(pixels, 4);
  content[8] = density === undefined ? unknownUnit : metre;
  return content;
}

/** Where a chunk in front of the pixels begins. */
async function positionOf(file: FileHandle, sought: string): Promise<number> {
  for await (const { type, start } of pngChunks(bytesOfFile(file))) {
    if (type === sought) return start - headBytes;
    if (type === 'IDAT') break;
  }
  throw new Error(`A PNG was written without ${sought}`);
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(checksumBytes)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}
