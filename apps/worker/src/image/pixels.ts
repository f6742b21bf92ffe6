/** Pixels in sRGB, 8 bits a channel: red, green, blue, and alpha where there is one. */
export interface Pixels {
  /** Has memory of its own, which can be given back. */
  data: Buffer;
  /** In pixels. */
  width: number;
  /** In pixels, of all frames below each other. */
  height: number;
  channels: 3 | 4;
}

/** Black pixels, to be filled in. Not from Node's pool of small buffers, which all of them would give back together. */
export function blankPixels(width: number, height: number, channels: 3 | 4): Pixels {
  return { data: Buffer.alloc(width * height * channels), width, height, channels };
}

/** Copies the red, green and blue of one pixel. */
export function copyColour(from: Buffer, at: number, to: Buffer, start: number): void {
  to[start] = from[at]!;
  to[start + 1] = from[at + 1]!;
  to[start + 2] = from[at + 2]!;
}
