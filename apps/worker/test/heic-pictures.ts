import { readFileSync } from 'node:fs';

/** The pictures in the folder `heic`; its README says how each was made. */
export type HeicName =
  'alpha' | 'exif-orientation' | 'mirrored' | 'nclx-p3' | 'p3' | 'plain' | 'premultiplied' | 'ten-bit' | 'turned';

/** Where a picture lies. */
export function heicPath(name: HeicName): URL {
  return new URL(`heic/${name}.heic`, import.meta.url);
}

export function heic(name: HeicName): Buffer {
  return readFileSync(heicPath(name));
}

/** The colours of the quadrants: red and green above blue and yellow. */
export const quadrants = {
  red: [200, 40, 40],
  green: [40, 180, 60],
  blue: [50, 60, 200],
  yellow: [220, 200, 60],
};

/** Which quadrants a picture shows from top left to bottom right, by the colour that each is close to. */
export function quadrantsOf(picture: { data: Uint8Array; width: number; height: number; channels: number }): string[] {
  const { data, width, height, channels } = picture;
  const places = [1, 3].flatMap((y) => [1, 3].map((x) => ({ x: (x * width) / 4, y: (y * height) / 4 })));
  return places.map(({ x, y }) => {
    const at = (y * width + x) * channels;
    const seen = [...data.subarray(at, at + 3)];
    const close = (colour: number[]): boolean => colour.every((value, index) => Math.abs(value - seen[index]!) <= 8);
    return Object.entries(quadrants).find(([, colour]) => close(colour))?.[0] ?? seen.join(', ');
  });
}

/** A HEIC whose picture says another size than it has. */
export function heicOfSaidSize(name: HeicName, width: number, height: number): Buffer {
  const file = heic(name);
  for (let at = file.indexOf('ispe'); at >= 0; at = file.indexOf('ispe', at + 4)) {
    file.writeUInt32BE(width, at + 8);
    file.writeUInt32BE(height, at + 12);
  }
  return file;
}
