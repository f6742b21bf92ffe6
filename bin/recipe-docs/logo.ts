import sharp from 'sharp';

const side = 240;
/** Each pixel is looked at so many times across and down, so that edges are smooth. */
const looks = 4;

/** A logo that is made by code, as the photo is: two peaks in a ring, white on nothing. As PNG. */
export async function logo(): Promise<Buffer> {
  const pixels = Buffer.alloc(side * side * 4, 255);
  for (let at = 0; at < side * side; at++)
    pixels[at * 4 + 3] = Math.round(255 * inkAt(at % side, Math.floor(at / side)));
  return sharp(pixels, { raw: { width: side, height: side, channels: 4 } })
    .png()
    .toBuffer();
}

/** The part of a pixel that is white. */
function inkAt(x: number, y: number): number {
  let inside = 0;
  for (let look = 0; look < looks * looks; look++) {
    const across = x + ((look % looks) + 0.5) / looks;
    const down = y + (Math.floor(look / looks) + 0.5) / looks;
    if (isWhite((across / side) * 2 - 1, (down / side) * 2 - 1)) inside++;
  }
  return inside / (looks * looks);
}

/** Of a place from -1 to 1 across and down. */
function isWhite(x: number, y: number): boolean {
  const radius = Math.hypot(x, y);
  if (radius > 0.84) return radius < 0.97;
  const peaks = Math.min(Math.abs(x + 0.22) * 1.3 - 0.42, Math.abs(x - 0.3) * 1.3 - 0.12);
  return radius < 0.74 && y > peaks;
}
