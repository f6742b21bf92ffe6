import sharp, { type Sharp } from 'sharp';

const horizon = 0.52;

/**
 * A landscape that is made by code, so that it belongs to nobody and everybody may have it: sky, sun, mountains, a lake
 * and trees, with the grain of a photograph. Always the same one.
 *
 * Needs the SVG loader of sharp, which `ImageProcessor` blocks for the whole process: make it first.
 */
export async function landscape(width: number, height: number): Promise<Sharp> {
  const { data } = await sharp(Buffer.from(scene(width, height)))
    .flatten()
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  addGrain(data, width, height);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function scene(width: number, height: number): string {
  const random = randomNumbers(7);
  const ridge = (base: number, rise: number, waves: number, shift: number): string => {
    const points = Array.from({ length: 97 }, (_point, step) => {
      const x = step / 96;
      const y = [1, 2.3, 5.1, 11.7].reduce((sum, wave) => sum + Math.sin(x * waves * wave + shift * wave) / wave, 0);
      return `${x * 960},${(base - (rise * (y + random() * 0.25 + 1)) / 2.5) * 640}`;
    });
    return `M0,640 L${points.join(' L')} L960,640 Z`;
  };
  const trees = Array.from({ length: 9 }, (_tree, number) =>
    tree(40 + (number % 5) * 52 + random() * 24, 505 + number * 9 + random() * 10, 90 + number * 12 + random() * 30),
  );
  const ripples = Array.from({ length: 130 }, () => {
    const y = 340 + random() ** 1.5 * 165;
    const reach = 14 + (y - 340) * 0.45;
    const x = 655 + (random() - 0.5) * 2 * reach;
    const length = 8 + random() * reach * 0.7;
    return `<ellipse cx="${x}" cy="${y}" rx="${length}" ry="${0.8 + (y - 340) / 130}" fill="#ffe9b0" opacity="${0.25 + random() * 0.5}"/>`;
  });
  const clouds = [
    [180, 95, 120],
    [420, 150, 90],
    [845, 110, 100],
  ].flatMap(([x, y, size]) =>
    [0, 1, 2, 3, 4].map(
      (puff) => `<ellipse cx="${x! + (puff - 2) * size! * 0.35}" cy="${y! - (puff % 2) * size! * 0.1}"
        rx="${size! * 0.42}" ry="${size! * 0.13}" fill="#ffffff" opacity="0.42"/>`,
    ),
  );
  const lake = horizon * 640 + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 960 640"
    preserveAspectRatio="none"><defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#2f6fb3"/>
      <stop offset="0.55" stop-color="#8dbbe0"/><stop offset="1" stop-color="#ffe3b8"/></linearGradient>
    <radialGradient id="glow"><stop offset="0" stop-color="#fff6d8"/><stop offset="0.25" stop-color="#ffe9a8" stop-opacity="0.85"/>
      <stop offset="1" stop-color="#ffd98a" stop-opacity="0"/></radialGradient>
    <linearGradient id="far" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#6f8fb5"/><stop offset="1" stop-color="#b9c9d8"/></linearGradient>
    <linearGradient id="near" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#3f6b4e"/><stop offset="1" stop-color="#7fa06a"/></linearGradient>
    <linearGradient id="lake" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#d8cfb4"/>
      <stop offset="0.3" stop-color="#7fa9c9"/><stop offset="1" stop-color="#1f4f7d"/></linearGradient>
    <linearGradient id="meadow" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#8fae3e"/><stop offset="1" stop-color="#35591f"/></linearGradient>
    <linearGradient id="tree" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#12331f"/><stop offset="1" stop-color="#2f6b3a"/></linearGradient>
    <filter id="soft"><feGaussianBlur stdDeviation="5"/></filter></defs>
    <rect width="960" height="${lake}" fill="url(#sky)"/>
    <g filter="url(#soft)">${clouds.join('')}</g>
    <circle cx="655" cy="205" r="190" fill="url(#glow)"/><circle cx="655" cy="205" r="38" fill="#fffbe9"/>
    <path d="${ridge(0.47, 0.17, 5, 1.3)}" fill="url(#far)"/>
    <path d="${ridge(0.52, 0.1, 7, 4.2)}" fill="url(#near)"/>
    <rect y="${lake}" width="960" height="${640 - lake}" fill="url(#lake)"/>
    ${ripples.join('')}
    <path d="M0,470 C160,430 330,470 430,520 C560,585 760,575 960,540 L960,640 L0,640 Z" fill="url(#meadow)"/>
    ${trees.join('')}
    <g><path d="M735,556 l0,-62 l42,-34 l42,34 l0,62 Z" fill="#b5432e"/><path d="M727,500 l50,-42 l50,42 l-8,5 l-42,-34 l-42,34 Z"
      fill="#5b2a22"/><rect x="750" y="512" width="20" height="20" fill="#fff3c4"/><rect x="785" y="514" width="20" height="42" fill="#4a2418"/></g>
  </svg>`;
}

function tree(x: number, foot: number, size: number): string {
  const tiers = [0, 1, 2, 3].map((tier) => {
    const [top, half] = [foot - size + tier * size * 0.2, size * (0.11 + tier * 0.055)];
    return `M${x},${top} L${x + half},${top + size * 0.36} L${x - half},${top + size * 0.36} Z`;
  });
  return `<rect x="${x - size * 0.03}" y="${foot - size * 0.2}" width="${size * 0.06}" height="${size * 0.2}"
    fill="#3b2a1e"/><path d="${tiers.join(' ')}" fill="url(#tree)"/>`;
}

/** What makes a drawing look like a photograph: texture in the land, noise everywhere. */
function addGrain(pixels: Buffer, width: number, height: number): void {
  const random = randomNumbers(11);
  const cells = [7, 23, 61].map((across) => ({
    across,
    values: Array.from({ length: (across + 2) * (across + 2) }, () => random() - 0.5),
  }));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const [u, v] = [x / width, y / height];
      const texture = cells.reduce(
        (sum, { across, values }) => sum + smooth(values, across, u * across, v * across),
        0,
      );
      const land = v > horizon ? 34 : 10;
      const noise = (random() + random() - 1) * 9;
      for (let channel = 0; channel < 3; channel++) {
        const value = pixels[at + channel]! + texture * land + noise + (random() - 0.5) * 4;
        pixels[at + channel] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
  }
}

/** Between the values of a grid, without edges. */
function smooth(values: number[], across: number, x: number, y: number): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [ease(x - column), ease(y - row)];
  const value = (dx: number, dy: number): number => values[(row + dy) * (across + 2) + column + dx]!;
  const above = value(0, 0) * (1 - right) + value(1, 0) * right;
  const below = value(0, 1) * (1 - right) + value(1, 1) * right;
  return above * (1 - down) + below * down;
}

function ease(part: number): number {
  return part * part * (3 - 2 * part);
}

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
