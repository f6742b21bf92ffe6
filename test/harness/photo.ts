import sharp, { type Sharp } from 'sharp';

export interface PhotoOptions {
  width?: number;
  height?: number;
  /** Another seed, another picture; the same seed, the same picture. */
  seed?: number;
}

/**
 * A picture that is as hard to compress as a photograph: smooth light over a few large shapes, with the noise of a
 * sensor. Made by code, so it belongs to nobody.
 */
export function photo({ width = 640, height = 480, seed = 1 }: PhotoOptions = {}): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  const noise = randomBytes(seed);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const light = 110 + 60 * Math.sin((x / width) * 3 + seed) + 50 * Math.cos((y / height) * 4 - seed);
      const inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (width * (0.15 + (seed % 5) / 25)) ** 2 ? 40 : 0;
      pixels[at] = clamp(light + inside + noise());
      pixels[at + 1] = clamp(light * 0.8 - inside + noise());
      pixels[at + 2] = clamp(200 - light * 0.5 + noise());
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

export function png(options?: PhotoOptions): Promise<Buffer> {
  return photo(options).png({ compressionLevel: 1 }).toBuffer();
}

/** The raw pixels of an encoded picture. */
export function pixelsOf(image: Buffer): Promise<Buffer> {
  return sharp(image).raw().toBuffer();
}

/** The pixels that the recipe `negate` must give. */
export function negatedPixelsOf(image: Buffer): Promise<Buffer> {
  return sharp(image).negate({ alpha: false }).raw().toBuffer();
}

function clamp(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

/** Noise of about ±8, from a linear congruential generator. */
function randomBytes(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) / 16 - 8;
  };
}
