import { fileURLToPath } from 'node:url';
import sharp, { type OverlayOptions } from 'sharp';
import { ImageFailure } from '../image-failure.js';
import { stages, type Canvas, type OperationEntries } from './operation-entry.js';

/** Smaller than this, no text can be read, and none can be fitted. */
const smallestBox = 8;

/** Shipped with the service, because a container or a unikernel has no fonts. Noto Sans, under the SIL Open Font License. */
const fontFile = (): string =>
  fileURLToPath(import.meta.resolve('@expo-google-fonts/noto-sans/500Medium/NotoSans_500Medium.ttf'));

export const overlay: OperationEntries<'composite'> = {
  composite: {
    stage: stages.composite,
    first: true,
    apply: async (
      image,
      { text, gravity = 'southeast', colour = 'white', opacity = 0.6, size = 0.3, tile = false },
      canvas,
    ) => {
      const watermark: OverlayOptions = { input: textInput(text, colour, opacity, size, canvas), gravity, tile };
      if (canvas.frames === 1) return image.composite([watermark]);
      // sharp lays frames below each other. A watermark as large as a frame, repeated, meets each at the same place.
      const { width, height } = canvas;
      const blank = { width, height, channels: 4 as const, background: 'transparent' };
      const frame = await sharp({ create: blank }).composite([watermark]).png().toBuffer();
      return image.composite([{ input: frame, tile: true, gravity: 'northwest' }]);
    },
  },
};

function textInput(
  text: string,
  colour: string,
  opacity: number,
  size: number,
  canvas: Canvas,
): OverlayOptions['input'] {
  const [width, height] = [Math.floor(canvas.width * size), Math.floor(canvas.height * size)];
  if (Math.min(width, height) < smallestBox) {
    throw new ImageFailure('recipe-does-not-fit', `A text of ${width} × ${height} pixels cannot be drawn`);
  }
  const alpha = Math.max(1, Math.round(opacity * 65_535));
  const markup = `<span foreground="${pangoColour(colour)}" alpha="${alpha}">${escapeMarkup(text)}</span>`;
  return { text: { text: markup, font: 'Noto Sans', fontfile: fontFile(), rgba: true, width, height } };
}

/** Pango knows #rgb and #rrggbb; transparency is said apart from the colour. */
function pangoColour(colour: string): string {
  if (!colour.startsWith('#')) return colour === 'transparent' ? 'white' : colour;
  return colour.length <= 5 ? colour.slice(0, 4) : colour.slice(0, 7);
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
