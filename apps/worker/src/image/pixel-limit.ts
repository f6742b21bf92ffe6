import { ImageFailure } from './image-failure.js';

/** Makes sure that a picture is within the limit, by what its file says of its size. @throws ImageFailure `too-many-pixels` */
export function requirePixels({ width, height }: { width: number; height: number }, limit: number): void {
  const pixels = width * height;
  if (pixels <= limit) return;
  throw new ImageFailure('too-many-pixels', `The picture has ${pixels} pixels; at most ${limit} are allowed`);
}
