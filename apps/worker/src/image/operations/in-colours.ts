import type { Sharp } from 'sharp';
import type { Canvas } from './operation-entry.js';

/** Gives a grey picture channels for colours, so that sharp does not make a colour that is added to it grey as well. */
export function inColours(image: Sharp, { grey }: Canvas): Sharp {
  return grey ? image.pipelineColourspace('srgb') : image;
}
