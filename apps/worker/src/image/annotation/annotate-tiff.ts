import { bytesOfFile } from '#image-file';
import { hasTexts, type Annotation } from './annotation.js';
import { changeFile } from './file-bytes.js';
import { readDirectory, tags, textField, writeDirectory } from '../tiff-directory.js';

/** Of a TIFF in the byte order of all machines that sharp is built for. */
const littleEndian = 'II*\0';

/**
 * Puts texts into a second directory at the end of a TIFF, which takes the place of the first. Its density is written with
 * its pixels.
 */
export async function annotateTiff(path: string, annotation: Annotation): Promise<void> {
  if (!hasTexts(annotation)) return;
  const { copyright, artist } = annotation;
  await changeFile(path, async (file) => {
    const head = await bytesOfFile(file)(0, 8);
    if (head.toString('latin1', 0, 4) !== littleEndian) throw new Error('A TIFF was written in another byte order');
    const old = head.readUInt32LE(4);
    const count = (await bytesOfFile(file)(old, 2)).readUInt16LE();
    const fields = readDirectory(await bytesOfFile(file)(old, 2 + count * 12));
    if (artist) fields.push(textField(tags.artist, artist));
    if (copyright) fields.push(textField(tags.copyright, copyright));
    const { size } = await file.stat();
    const at = size + (size % 2);
    const directory = writeDirectory(fields, at);
    await file.write(directory, 0, directory.length, at);
    head.writeUInt32LE(at, 4);
    await file.write(head, 0, head.length, 0);
  });
}
