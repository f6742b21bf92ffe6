import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Blob, Face } from 'harfbuzzjs';
import { fontFile } from '../../apps/worker/src/image/operations/font.js';

/** Where `npm run` runs: the root of the repository. */
const moduleFile = join('libs', 'contracts', 'src', 'recipe', 'parameters', 'font-coverage.ts');

/** The first and the last of code points that follow each other. */
type CodePointRange = [first: number, last: number];

/** Writes down, for all services, which characters the font has that the workers draw texts with. */
export async function writeFontCoverage(): Promise<void> {
  await writeFile(moduleFile, coverageModule(coverageOf(await readFile(fontFile()))));
}

/** The code points of a font's cmap table, in their order, but for control characters, which are never drawn. */
export function coverageOf(font: Uint8Array): CodePointRange[] {
  const codePoints = [...new Face(new Blob(font)).collectUnicodes()].filter(
    (codePoint) => !/\p{Cc}/u.test(String.fromCodePoint(codePoint)),
  );
  const ranges: CodePointRange[] = [];
  for (const codePoint of codePoints) {
    const range = ranges.at(-1);
    if (range?.[1] === codePoint - 1) range[1] = codePoint;
    else ranges.push([codePoint, codePoint]);
  }
  return ranges;
}

/** The text of the module that tells the ranges to all services. */
export function coverageModule(ranges: CodePointRange[]): string {
  return [
    '/**',
    ' * The code points that the font of the workers has, as ranges from the first to the last. Made of the font by',
    ' * `npm run font:coverage`; a test compares the two.',
    ' */',
    'export const fontCoverage: readonly (readonly [first: number, last: number])[] = [',
    ...ranges.map(([first, last]) => `  [${hex(first)}, ${hex(last)}],`),
    '];',
    '',
  ].join('\n');
}

function hex(codePoint: number): string {
  return `0x${codePoint.toString(16).padStart(4, '0')}`;
}
