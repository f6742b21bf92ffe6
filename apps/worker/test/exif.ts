import exifReader from 'exif-reader';
import sharp from 'sharp';
import { textField, writeDirectory, type TiffField } from '../src/image/tiff-directory.js';

/** What a camera and its owner wrote, and what nobody else is to see. */
export const secrets = ['MAKER', 'UNKNOWN TAG', 'THUMBNAIL', 'LATITUDE', 'XMP NAME', 'COMMENT'];

export interface Rights {
  copyright: Buffer;
  artist: Buffer;
}

function numberField(tag: number, type: 3 | 4, number: number): TiffField {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(number);
  return { tag, type, count: 1, value };
}

/** EXIF data, with its prefix, that has rights among secrets; among these a thumbnail and a tag that nobody knows. */
export function exifWith({ copyright, artist }: Rights): Buffer {
  const header = Buffer.from('49492a0008000000', 'hex');
  const first = writeDirectory(
    [
      textField(0x010f, Buffer.from('MAKER')),
      textField(0x013b, artist),
      textField(0x8298, copyright),
      textField(0xfe00, Buffer.from('UNKNOWN TAG')),
    ],
    header.length,
  );
  const thumbnail = Buffer.from('\xff\xd8THUMBNAIL\xff\xd9', 'latin1');
  const at = header.length + first.length;
  const second = writeDirectory(
    [numberField(0x0103, 3, 6), numberField(0x0201, 4, at + 2 + 3 * 12 + 4), numberField(0x0202, 4, thumbnail.length)],
    at,
  );
  // Where the second directory is stands at the end of the first, before its values.
  first.writeUInt32LE(at, 2 + 4 * 12);
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), header, first, second, thumbnail]);
}

/** Puts a segment behind the first two bytes of a JPEG. */
export function withSegment(jpeg: Buffer, marker: number, content: Buffer): Buffer {
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}

/** The fields of a file's EXIF data; for a TIFF, those of the file. */
export async function exifTagsOf(file: Buffer): Promise<Record<string, unknown>> {
  const { exif } = await sharp(file).metadata();
  const data = file.toString('latin1', 0, 3) === 'II*' ? file : exif;
  return data ? { ...exifReader(data).Image } : {};
}
