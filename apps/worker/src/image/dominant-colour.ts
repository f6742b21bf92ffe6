/** So many levels of a channel are told apart when pixels are counted. */
const levels = 16;
const levelWidth = 256 / levels;
const opaque = 255;

/**
 * The colour that most of a picture has: the mean of the pixels around the most frequent one, so that neither noise nor
 * a gradient splits a colour into many. A pixel counts as much as it is opaque.
 * @param rgba four bytes a pixel, with colours that are not premultiplied
 * @returns `#rrggbb`; null when every pixel is transparent
 */
export function dominantColour(rgba: Uint8Array): string | null {
  const counts = countColours(rgba);
  const [red, green, blue] = densest(counts);
  const sums = [0, 0, 0];
  let weight = 0;
  for (let at = 0; at < rgba.length; at += 4) {
    const [r, g, b, alpha] = [rgba[at]!, rgba[at + 1]!, rgba[at + 2]!, rgba[at + 3]!];
    if (!isNear(r, red) || !isNear(g, green) || !isNear(b, blue)) continue;
    sums[0]! += r * alpha;
    sums[1]! += g * alpha;
    sums[2]! += b * alpha;
    weight += alpha;
  }
  if (weight === 0) return null;
  return `#${sums
    .map((sum) =>
      Math.round(sum / weight)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** How many opaque pixels there are of each colour, in a cube of levels. */
function countColours(rgba: Uint8Array): Float64Array {
  const counts = new Float64Array(levels ** 3);
  for (let at = 0; at < rgba.length; at += 4) {
    const place = placeOf(levelOf(rgba[at]!), levelOf(rgba[at + 1]!), levelOf(rgba[at + 2]!));
    counts[place]! += rgba[at + 3]! / opaque;
  }
  return counts;
}

/** The levels around which most pixels lie: counted with their neighbours, as a colour may lie across a border. */
function densest(counts: Float64Array): [number, number, number] {
  let best: [number, number, number] = [0, 0, 0];
  let most = 0;
  for (let red = 0; red < levels; red++) {
    for (let green = 0; green < levels; green++) {
      for (let blue = 0; blue < levels; blue++) {
        const density = densityAt(counts, red, green, blue);
        if (density <= most) continue;
        most = density;
        best = [red, green, blue];
      }
    }
  }
  return best;
}

function densityAt(counts: Float64Array, red: number, green: number, blue: number): number {
  let density = 0;
  for (let r = Math.max(0, red - 1); r <= Math.min(levels - 1, red + 1); r++) {
    for (let g = Math.max(0, green - 1); g <= Math.min(levels - 1, green + 1); g++) {
      for (let b = Math.max(0, blue - 1); b <= Math.min(levels - 1, blue + 1); b++) {
        density += counts[placeOf(r, g, b)]!;
      }
    }
  }
  return density;
}

function isNear(value: number, level: number): boolean {
  return Math.abs(levelOf(value) - level) <= 1;
}

function levelOf(value: number): number {
  return Math.floor(value / levelWidth);
}

function placeOf(red: number, green: number, blue: number): number {
  return (red * levels + green) * levels + blue;
}
