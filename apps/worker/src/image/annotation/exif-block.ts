import type { Annotation } from './annotation.js';
import { densityFields, tags, textField, writeDirectory } from '../tiff-directory.js';

/** Little-endian, with its first directory right behind this. */
const header = Buffer.from('49492a0008000000', 'hex');

/** The EXIF data of an annotation, without a prefix. */
export function exifBlock({ density, copyright, artist }: Annotation): Buffer {
  const fields = [
    ...(density === undefined ? [] : densityFields(density)),
    ...(artist ? [textField(tags.artist, artist)] : []),
    ...(copyright ? [textField(tags.copyright, copyright)] : []),
  ];
  return Buffer.concat([header, writeDirectory(fields, header.length)]);
}
