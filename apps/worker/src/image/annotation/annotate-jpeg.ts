import { bytesOfFile } from '#image-file';
import { hasTexts, type Annotation } from './annotation.js';
import { exifPrefix } from '../exif-data.js';
import { exifBlock } from './exif-block.js';
import { changeFile, spliceFile } from './file-bytes.js';

const startOfImage = 2;
const [app0, app1] = [0xe0, 0xe1];
const largestDensity = 65_535;
const dotsPerInch = 1;

/** Puts the density into a JFIF header, where it is a whole number, and texts into EXIF data behind it. */
export async function annotateJpeg(path: string, annotation: Annotation): Promise<void> {
  if (annotation.density === undefined && !hasTexts(annotation)) return;
  const first = await changeFile(path, (file) => bytesOfFile(file)(startOfImage, 4));
  const removed = first[1] === app0 ? 2 + first.readUInt16BE(2) : 0;
  const segments = [segment(app0, jfif(annotation.density))];
  if (hasTexts(annotation)) segments.push(segment(app1, Buffer.concat([exifPrefix, exifBlock(annotation)])));
  await spliceFile(path, startOfImage, removed, Buffer.concat(segments));
}

function jfif(density?: number): Buffer {
  const content = Buffer.from('JFIF\0\x01\x02\0\0\x01\0\x01\0\0', 'latin1');
  const whole = Math.round(density ?? 0);
  if (whole < 1 || whole > largestDensity) return content;
  content[7] = dotsPerInch;
  content.writeUInt16BE(whole, 8);
  content.writeUInt16BE(whole, 10);
  return content;
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}
