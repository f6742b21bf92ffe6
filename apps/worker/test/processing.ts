import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Operation, OutputRecipe, Recipe } from '#contracts';
import { WorkerConfig } from '../src/config.js';
import type { Watermarks } from '../src/image/operations/watermark.js';
import { ImageProcessor, type ProcessedImage } from '../src/image/image-processor.js';

/** An output with its bytes. */
export interface MadeImage extends ProcessedImage {
  bytes: Buffer;
}

export type Limits = Partial<
  Pick<WorkerConfig, 'pixelLimit' | 'frameLimit' | 'processingSeconds' | 'imageMemoryBytes' | 'slots' | 'heic'>
>;

/** Makes all outputs of a recipe as a worker does, in a folder that is gone afterwards. */
export async function processAll(
  source: Buffer,
  recipe: Recipe,
  limits: Limits = {},
  signal?: AbortSignal,
  watermarks?: Watermarks,
): Promise<MadeImage[]> {
  const processor = new ImageProcessor(Object.assign(new WorkerConfig(), limits));
  const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
  try {
    const path = join(folder, 'source');
    await writeFile(path, source);
    const images = await processor.process(path, recipe, folder, signal, watermarks);
    return await Promise.all(images.map(async (image) => ({ ...image, bytes: await readFile(image.path) })));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes one output, as PNG unless it says otherwise. */
export async function processOne(
  source: Buffer,
  operations: Operation[],
  output: Partial<OutputRecipe> = {},
  limits?: Limits,
  watermarks?: Watermarks,
): Promise<MadeImage> {
  const recipe: Recipe = { outputs: { image: { operations, format: 'png', ...output } } };
  const [image] = await processAll(source, recipe, limits, undefined, watermarks);
  return image!;
}
