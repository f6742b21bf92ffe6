import type { FileHandle } from 'node:fs/promises';
import { bytesOfFile } from '#image-file';
import { hasTexts, type Annotation } from './annotation.js';
import { exifPrefix } from '../exif-data.js';
import { exifBlock } from './exif-block.js';
import { box, boxesIn, type Box } from './heif-box.js';
import { changeFile, spliceFile } from './file-bytes.js';

/** Adds EXIF data as an item of its own: its bytes at the end, and what says so to the list of items at the beginning. */
export async function annotateAvif(path: string, annotation: Annotation): Promise<void> {
  if (annotation.density === undefined && !hasTexts(annotation)) return;
  const { meta, size } = await changeFile(path, findItems);
  // Where its TIFF header begins, behind the prefix.
  const offset = Buffer.of(0, 0, 0, exifPrefix.length);
  const exif = Buffer.concat([offset, exifPrefix, exifBlock(annotation)]);
  // As long as the list will be when it is right.
  const growth = withItem(meta.bytes, 0, 0, exif.length).length - meta.bytes.length;
  const extended = withItem(meta.bytes, growth, size + growth + 8, exif.length);
  await spliceFile(path, meta.position, meta.bytes.length, extended);
  await changeFile(path, (file) => file.write(box('mdat', exif), 0, exif.length + 8, size + growth));
}

/** The box that lists the items, and the size of the file. */
async function findItems(file: FileHandle): Promise<{ meta: { position: number; bytes: Buffer }; size: number }> {
  const { size } = await file.stat();
  for (let position = 0; position < size;) {
    const head = await bytesOfFile(file)(position, 8);
    const length = head.readUInt32BE();
    if (length < head.length) break;
    if (head.toString('latin1', 4) === 'meta') {
      return { meta: { position, bytes: await bytesOfFile(file)(position, length) }, size };
    }
    position += length;
  }
  throw new Error('An AVIF was written without a list of its items');
}

/**
 * The list of items with one more.
 * @param growth by how much all other items move
 * @param at where the new one is, of so many bytes
 */
function withItem(meta: Buffer, growth: number, at: number, length: number): Buffer {
  const parts = boxesIn(meta.subarray(12));
  const part = (type: string): Box => parts.find((found) => found.type === type)!;
  const primary = part('pitm').content.readUInt16BE(4);
  const items = boxesIn(part('iinf').content.subarray(6));
  const id = 1 + Math.max(...items.map(({ content }) => content.readUInt16BE(4)));
  const changed: Record<string, Buffer> = {
    iloc: withLocation(part('iloc').content, growth, { id, at, length }),
    iinf: withInformation(part('iinf').content, id),
  };
  const references = parts.find(({ type }) => type === 'iref')?.content ?? Buffer.alloc(4);
  const described = Buffer.concat([references, box('cdsc', shorts(id, 1, primary))]);
  const bodies = [
    ...parts.filter(({ type }) => type !== 'iref').map(({ type, content }) => box(type, changed[type] ?? content)),
    box('iref', described),
  ];
  return box('meta', Buffer.concat([meta.subarray(8, 12), ...bodies]));
}

/** Every item has one place here, as libheif writes it: an id, no reference, a base of 0, and one extent, of 4 bytes each. */
function withLocation(content: Buffer, growth: number, item: { id: number; at: number; length: number }): Buffer {
  if (content.toString('hex', 0, 6) !== '000000004440') {
    throw new Error('An AVIF was written with another list of places');
  }
  const entryBytes = 18;
  const moved = Buffer.from(content);
  const count = moved.readUInt16BE(6);
  for (let entry = 8; entry < moved.length; entry += entryBytes) {
    if (moved.readUInt16BE(entry + 8) !== 1) throw new Error('An AVIF was written with an item in pieces');
    moved.writeUInt32BE(moved.readUInt32BE(entry + 10) + growth, entry + 10);
  }
  moved.writeUInt16BE(count + 1, 6);
  const added = Buffer.alloc(entryBytes);
  added.writeUInt16BE(item.id);
  added.writeUInt16BE(1, 8);
  added.writeUInt32BE(item.at, 10);
  added.writeUInt32BE(item.length, 14);
  return Buffer.concat([moved, added]);
}

function withInformation(content: Buffer, id: number): Buffer {
  const counted = Buffer.from(content);
  counted.writeUInt16BE(counted.readUInt16BE(4) + 1, 4);
  const entry = Buffer.concat([Buffer.of(2, 0, 0, 1), shorts(id, 0), Buffer.from('Exif\0', 'latin1')]);
  return Buffer.concat([counted, box('infe', entry)]);
}

function shorts(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}
