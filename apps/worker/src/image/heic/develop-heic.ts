import type { Deadline } from '../deadline.js';
import { codedProfile, fittingProfile, inSrgb } from '../develop.js';
import type { Pixels } from '../pixels.js';
import type { SourceFile } from '../source-file.js';
import { decodeHeic, type HeicFile } from './heic-decoder.js';

/** A source that is a HEIC. */
export type HeicSource = SourceFile & HeicFile;

export function isHeic(source: SourceFile): source is HeicSource {
  return source.heic !== undefined;
}

/** Makes of a HEIC what all operations expect: sRGB, 8 bits a channel, upright. @throws as `decodeHeic` */
export async function developHeic(source: HeicSource, deadline: Deadline): Promise<Pixels> {
  const pixels = await decodeHeic(source, deadline);
  const profile = fittingProfile(source) ?? codedProfile(source);
  if (!profile) return pixels;
  const { data: values, ...size } = pixels;
  return inSrgb({ ...size, values }, profile, (image) => deadline.limit(image));
}
