import { stat } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { locally } from '../local-fault.js';
import { annotationOf } from './annotation/annotation.js';
import type { Encoding, ImageFormat } from './image-format.js';

/** An output as it lies in a file. */
export interface EncodedFile {
  /** Media type. */
  type: string;
  /** In bytes. */
  size: number;
  /** In pixels. */
  width: number;
  /** In pixels, of one frame. */
  height: number;
}

/** Does what a pipeline was told, and writes its picture into a file, with what the file says of it. */
export async function encodeFile(
  image: Sharp,
  format: ImageFormat,
  encoding: Encoding,
  path: string,
): Promise<EncodedFile> {
  const { width, height, pageHeight = height } = await format.encode(image, encoding).toFile(path);
  await locally(format.annotate(path, annotationOf(encoding.output, encoding.source)));
  const { size } = await locally(stat(path));
  return { type: format.type, size, width, height: pageHeight };
}
