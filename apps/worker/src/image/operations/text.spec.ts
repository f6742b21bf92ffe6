import { readFileSync } from 'node:fs';
import { fontCoverage } from '#contracts';
import { drawableText } from '#suites/recipe.arbitrary';
import * as fc from 'fast-check';
import { Blob, Buffer as Shaped, Face, Font, shape } from 'harfbuzzjs';
import type { Raw } from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageFailure } from '../image-failure.js';
import { fontFile } from './font.js';
import { drawText } from './text.js';

const white = { colour: 'white', opacity: 1 };

async function drawn(text: string, width: number, height = width): Promise<Raw & { data: Buffer; ink: number }> {
  const { input, raw } = await drawText(text, white, { width, height });
  const data = input as Buffer;
  let ink = 0;
  for (let alpha = 3; alpha < data.length; alpha += 4) if (data[alpha]! > 0) ink++;
  return { ...raw!, data, ink };
}

const font = new Font(new Face(new Blob(readFileSync(fontFile()))));

/** The sides of a character's glyph, in units of the font; null for one that is put together of several. */
function glyphSize(character: string): { width: number; height: number } | null {
  const shaped = new Shaped();
  shaped.addText(character);
  shaped.guessSegmentProperties();
  shape(font, shaped);
  const [glyph, ...others] = shaped.getGlyphInfos();
  if (others.length > 0) return null;
  const { width, height } = font.glyphExtents(glyph!.codepoint)!;
  return { width, height: Math.abs(height) };
}

const standing = fontCoverage
  .flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index)),
  )
  .filter((character) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(character));

describe('a text', () => {
  it('has the glyphs of the shipped font, and neither those of another nor boxes', async () => {
    // Of each alphabet some.
    const sample = standing.filter((_, index) => index % 11 === 0);
    const alone = sample.flatMap((character) => {
      const glyph = glyphSize(character);
      return glyph ? [{ character, glyph }] : [];
    });
    expect(alone.length).toBeGreaterThan(200);
    for (const { character, glyph } of alone) {
      const { width, height } = await drawn(character, 120);
      const scale = Math.max(glyph.width, glyph.height) / 120;
      expect.soft(Math.abs(width - glyph.width / scale), character).toBeLessThan(3);
      expect.soft(Math.abs(height - glyph.height / scale), character).toBeLessThan(3);
    }
  });

  it('joins letters as their script does', async () => {
    const [joined, apart] = [await drawn('क्ष', 100), await drawn('क् ष', 100)];
    expect(joined.width / joined.height).toBeLessThan((apart.width / apart.height) * 0.7);
    const [accented, plain] = [await drawn('e\u0301', 100), await drawn('e', 100)];
    expect(accented.width / accented.height).toBeLessThan((plain.width / plain.height) * 0.8);
    expect((await drawn('é', 100)).data.equals(accented.data)).toBe(true);
  });

  it.each(['©\uFE0F', '\uFE0F©', '©\uFE0E', '©\u2060', '\u202D©'])(
    'has nothing in the place of what cannot be seen: %j',
    async (text) => {
      expect((await drawn(text, 50)).data.equals((await drawn('©', 50)).data)).toBe(true);
    },
  );

  it.each([
    ['.', 8, 8],
    ['-', 4000, 8],
    ['_', 8, 4000],
    ['\u207B', 2000, 64],
    ['.', 4000, 4000],
    ['<', 1000, 1000],
    ['Hi', 1500, 1500],
    ['Hello world, this is a long text', 6000, 6000],
    ['W'.repeat(200), 1000, 1000],
    ['\u2E3B'.repeat(200), 4000, 4000],
    [`a${'\u0301'.repeat(199)}`, 2000, 2000],
    ['word '.repeat(40), 40_000, 300],
  ])('fits into its box, and reaches two sides of it: %s in %i × %i', async (text, width, height) => {
    const made = await drawn(text, width, height);
    const box = { width: Math.min(width, 4000), height: Math.min(height, 4000) };
    expect(made.ink).toBeGreaterThan(0);
    expect(made.width).toBeLessThanOrEqual(box.width);
    expect(made.height).toBeLessThanOrEqual(box.height);
    expect(Math.max(made.width / box.width, made.height / box.height)).toBeGreaterThan(0.8);
  });

  it.each([
    ['of 4 characters', 'text', 7, 100],
    ['of 4 characters', 'text', 100, 7.9],
    ['of a long line', '\u2E3B'.repeat(200), 900, 900],
    ['of many lines', 'word '.repeat(40), 20, 20],
    ['of marks upon marks', `a${'\u0301'.repeat(199)}`, 50, 50],
  ])('that nobody could read is a recipe that does not fit: %s', async (_what, text, width, height) => {
    await expect(drawn(text, width, height)).rejects.toMatchObject({
      code: 'recipe-does-not-fit',
      message: expect.stringMatching(/^A text of .* pixels/) as string,
    });
  });

  it('of any characters of the font is drawn within any box, or does not fit', async () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 600 }));
    let count = 0;
    await fc.assert(
      fc.asyncProperty(drawableText, side, side, async (text, width, height) => {
        try {
          const made = await drawn(text, width, height);
          expect(made.width).toBeLessThanOrEqual(width);
          expect(made.height).toBeLessThanOrEqual(height);
          expect(made.ink).toBeGreaterThan(0);
          count++;
        } catch (error) {
          if (!(error instanceof ImageFailure)) throw error;
          expect(error.code).toBe('recipe-does-not-fit');
        }
      }),
      { numRuns: 300 },
    );
    expect(count).toBeGreaterThan(50);
  });

  it('is as transparent as it is told', async () => {
    const { input } = await drawText('■l', { colour: '#f00', opacity: 0.5 }, { width: 80, height: 80 });
    const alphas = (input as Buffer).filter((_, index) => index % 4 === 3);
    expect(Math.max(...alphas)).toBeGreaterThanOrEqual(126);
    expect(Math.max(...alphas)).toBeLessThanOrEqual(129);
  });
});
