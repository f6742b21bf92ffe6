import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** One of the pictures that sharp made: `picture.jpg` and so on, and two uncommon TIFFs. */
export function picture(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, 'pictures', name));
}

/** An animated PNG of one frame, which sharp cannot make: its control chunk comes before the first data. */
export function animatedPng(): Buffer {
  const still = picture('picture.png');
  const endOfHeader = 8 + 25;
  const control = Buffer.concat([Buffer.from('acTL'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])]);
  const chunk = Buffer.alloc(4 + control.length + 4);
  chunk.writeUInt32BE(control.length - 4, 0);
  control.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(control), 4 + control.length);
  return Buffer.concat([still.subarray(0, endOfHeader), chunk, still.subarray(endOfHeader)]);
}

/** A PNG that is as large as wanted: behind its end comes what no decoder reads. */
export function pngOfSize(bytes: number): Buffer {
  return Buffer.concat([picture('picture.png')], bytes);
}
