import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** As pango knows the font: its family and its weight. */
export const fontName = 'Noto Sans Medium';

/** Shipped with the service, because a container or a unikernel has no fonts. Noto Sans, under the SIL Open Font License. */
export function fontFile(): string {
  return fileURLToPath(import.meta.resolve('@expo-google-fonts/noto-sans/500Medium/NotoSans_500Medium.ttf'));
}

/** Where `fonts.conf` is: beside a bundle, or seen from this file as a source and as compiled. */
const usualPlaces = ['fonts.conf', '../../../fonts.conf', '../../../../../../apps/worker/fonts.conf'].map((path) =>
  join(import.meta.dirname, path),
);
const fontSettings = usualPlaces.find((path) => existsSync(path)) ?? usualPlaces[0]!;

/**
 * Keeps the fonts and the font settings of the machine out of what is drawn. Call it before the first text of the
 * process: fontconfig reads its settings once.
 */
export function useNoOtherFonts(): void {
  process.env.FONTCONFIG_FILE = fontSettings;
}
