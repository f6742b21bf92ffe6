import type { FileHandle } from 'node:fs/promises';
import { bytesOfFile } from '#image-file';
import { hasTexts, type Annotation } from './annotation.js';
import { exifBlock } from './exif-block.js';
import { changeFile, spliceFile } from './file-bytes.js';

const riffBytes = 8;
/** Where the first chunk of a WebP begins, and where its content does. */
const [firstChunk, firstContent] = [12, 20];
const flags = { alpha: 0x10, exif: 0x08 } as const;

/** Puts an annotation into EXIF data at the end, which the file must announce at its beginning. */
export async function annotateWebp(path: string, annotation: Annotation): Promise<void> {
  if (annotation.density === undefined && !hasTexts(annotation)) return;
  const head = await changeFile(path, (file) => bytesOfFile(file)(0, 30));
  if (head.toString('latin1', firstChunk, firstChunk + 4) !== 'VP8X') {
    await spliceFile(path, firstChunk, 0, chunk('VP8X', extendedHeader(head)));
  }
  await changeFile(path, async (file) => {
    const announced = (await bytesOfFile(file)(firstContent, 1))[0]! | flags.exif;
    await file.write(Buffer.of(announced), 0, 1, firstContent);
    await append(file, chunk('EXIF', exifBlock(annotation)));
  });
}

async function append(file: FileHandle, bytes: Buffer): Promise<void> {
  const { size } = await file.stat();
  await file.write(bytes, 0, bytes.length, size);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(size + bytes.length - riffBytes);
  await file.write(length, 0, length.length, 4);
}

/** What a file with one chunk for all of a still says of it, in the way of a file with more. */
function extendedHeader(head: Buffer): Buffer {
  const content = Buffer.alloc(10);
  if (head.toString('latin1', firstChunk, firstChunk + 4) === 'VP8L') {
    // Behind a signature of one byte: 14 bits of width, 14 of height, each less one, and one for transparency.
    const bits = head.readUInt32LE(firstContent + 1);
    content[0] = bits & (1 << 28) ? flags.alpha : 0;
    content.writeUIntLE(bits & 0x3fff, 4, 3);
    content.writeUIntLE((bits >>> 14) & 0x3fff, 7, 3);
  } else {
    // Behind the head of a key frame: 14 bits of each.
    content.writeUIntLE((head.readUInt16LE(firstContent + 6) & 0x3fff) - 1, 4, 3);
    content.writeUIntLE((head.readUInt16LE(firstContent + 8) & 0x3fff) - 1, 7, 3);
  }
  return content;
}

function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
