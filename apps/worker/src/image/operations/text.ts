import sharp, { type OverlayOptions } from 'sharp';
import { ImageFailure } from '../image-failure.js';
import type { Size } from '../room.js';
import { fontFile, fontName, useNoOtherFonts } from './font.js';

/** Smaller than this, no text can be read, and none can be fitted. In pixels, as all that follow. */
const smallestBox = 8;
const smallestLetters = 2;

/** Beyond this, letters come to sizes that FreeType and cairo refuse. */
const largestSide = 4_000;

/** What a text takes of the memory while it is drawn, in bytes for each pixel. Measured. */
const drawingBytes = 10;

/**
 * libvips looks for the size of the letters in steps of one dot an inch, from 2 to about 9,000 of them; what one dot is
 * depends on the size of the font. With this part of the shorter side, the largest letters (those of a single small dot)
 * come to about 5,000. A long text may come to so few that the steps are too coarse.
 */
const fontSizePart = 1 / 4;
const fewDots = 24;
const dotsOfFontSize = 72;

export interface TextStyle {
  /** Its transparency does not count. */
  colour: string;
  /** 0 to 1. */
  opacity: number;
}

interface DrawnText {
  overlay: OverlayOptions;
  dots: number;
  /** The size of the letters, in pixels. */
  letters: number;
}

/**
 * Draws a text, as large as it can be within a box of this size.
 * @throws ImageFailure `recipe-does-not-fit` when nobody could read it, or when it cannot be drawn
 */
export async function drawText(text: string, style: TextStyle, size: Size): Promise<OverlayOptions> {
  const box = textBox(size);
  if (Math.min(box.width, box.height) < smallestBox) {
    throw new ImageFailure('recipe-does-not-fit', `A text of ${box.width} × ${box.height} pixels cannot be drawn`);
  }
  const markup = markupOf(text, style);
  const first = await draw(markup, box, Math.min(box.width, box.height) * fontSizePart);
  const drawn = first.dots < fewDots ? await draw(markup, box, first.letters) : first;
  if (drawn.letters < smallestLetters) {
    throw new ImageFailure(
      'recipe-does-not-fit',
      `A text of ${text.length} characters cannot be read in ${box.width} × ${box.height} pixels`,
    );
  }
  return drawn.overlay;
}

/** What a text in a box of this size takes of the memory, in bytes. */
export function memoryOfText(size: Size): number {
  const { width, height } = textBox(size);
  return width * height * drawingBytes;
}

function textBox({ width, height }: Size): Size {
  return { width: Math.min(largestSide, Math.floor(width)), height: Math.min(largestSide, Math.floor(height)) };
}

async function draw(text: string, { width, height }: Size, fontSize: number): Promise<DrawnText> {
  useNoOtherFonts();
  const font = `${fontName} ${fontSize.toFixed(2)}`;
  const { data, info } = await sharp({ text: { text, font, fontfile: fontFile(), rgba: true, width, height } })
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(undrawable);
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const dots = info.textAutofitDpi!;
  return { overlay: { input: data, raw }, dots, letters: (fontSize * dots) / dotsOfFontSize };
}

/** What libvips says of a text itself would be said of it again. */
function undrawable(error: Error): never {
  if (!error.message.startsWith('text: ')) throw error;
  throw new ImageFailure('recipe-does-not-fit', `The text cannot be drawn: ${error.message.slice('text: '.length)}`);
}

/** Pango's markup, which keeps it from looking for letters in other fonts. */
function markupOf(text: string, { colour, opacity }: TextStyle): string {
  const alpha = Math.max(1, Math.round(opacity * 65_535));
  const attributes = `fallback="false" foreground="${pangoColour(colour)}" alpha="${alpha}"`;
  return `<span ${attributes}>${escapeMarkup(withoutSelectors(text))}</span>`;
}

/** Pango knows #rgb and #rrggbb; transparency is said apart from the colour. */
function pangoColour(colour: string): string {
  if (!colour.startsWith('#')) return colour === 'transparent' ? 'white' : colour;
  return colour.length <= 5 ? colour.slice(0, 4) : colour.slice(0, 7);
}

/** What chooses between an emoji and a letter means nothing to the font, and where nothing is chosen draws a box. */
function withoutSelectors(text: string): string {
  return text.replaceAll(/[\uFE0E\uFE0F]/g, '');
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
