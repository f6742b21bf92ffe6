import { devNull } from 'node:os';
import { join } from 'node:path';
import { operationEntry, parseRecipe, type Operation, type OutputRecipe, type Recipe } from '#contracts';
import { Injectable } from '@nestjs/common';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { WorkerConfig } from '../config.js';
import { localFault, locally } from '../local-fault.js';
import { ImageFailure, ProcessingTimeout } from './image-failure.js';
import { formatOf, timingOf, type ImageFormat } from './image-format.js';
import { MemoryBudget } from './memory-budget.js';
import { memoryOfPass } from './memory.js';
import { operationTable } from './operations/operation-table.js';
import { passesOf } from './passes.js';
import { fileWithPicture, handOver, isSharable, type Picture } from './picture.js';
import { requireModestMetadata } from './png-metadata.js';
import { requireRoom } from './room.js';
import { undecodableImage } from './undecodable-image.js';

/** The loaders that decode what master accepts, and what text is drawn with; everything else stays blocked. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif', 'Tiff'].map((name) => `VipsForeignLoad${name}`);

/** What sharp says of an operation or a format that a picture does not allow. */
const unfitting = new RegExp(
  [
    'bad extract area',
    'multi-page',
    'same dimensions or smaller',
    'window too large',
    'at least 3x3',
    'Band expansion',
    'vector must have',
    'bands in must equal',
    'too large for',
    'too small',
    'empty image',
  ].join('|'),
);

/** One output, as a file in the work folder. */
export interface ProcessedImage {
  /** The output's name in the recipe. */
  name: string;
  path: string;
  /** Media type. */
  type: string;
  /** In bytes. */
  size: number;
  /** In pixels. */
  width: number;
  /** In pixels, of one frame. */
  height: number;
}

/**
 * Runs recipes with sharp: one thread an image, as many images at once as the worker has slots. Limits are held before
 * sharp decodes anything.
 */
@Injectable()
export class ImageProcessor {
  private readonly memory: MemoryBudget;

  constructor(private readonly config: WorkerConfig) {
    this.memory = new MemoryBudget(config.imageMemory);
    sharp.concurrency(1);
    sharp.cache(false);
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: loaders });
  }

  /**
   * Makes all outputs of a recipe from the picture at `source`, into `folder`.
   * @param signal aborts between two passes; a pass that has begun runs to its end
   * @throws ImageFailure when the picture is at fault; LocalFault; ProcessingTimeout; Problem `invalid-request` for a recipe that
   * this worker does not know; the reason of the abort; any other error may not happen again
   */
  async process(source: string, recipe: Recipe, folder: string, signal?: AbortSignal): Promise<ProcessedImage[]> {
    const { outputs } = parseRecipe(recipe);
    const metadata = await this.inspect(source);
    const names = Object.keys(outputs);
    const isShared = names.length > 1 && isSharable(metadata, this.config.imageMemory / this.config.slots);
    const decoded = isShared ? await this.decode(source, metadata, signal) : null;
    const processed: ProcessedImage[] = [];
    try {
      for (const [name, output] of Object.entries(outputs)) {
        const format = formatOf(output, metadata);
        const picture = decoded ?? fileWithPicture(source, metadata, format.animated, this.config.pixelLimit);
        // No name of an output is that of another file in the folder.
        const path = join(folder, `output-${name}`);
        processed.push({ name, path, ...(await this.processOutput(picture, metadata, output, path, signal)) });
      }
    } finally {
      decoded?.close();
    }
    return processed;
  }

  /** The picture, decoded once for several outputs. */
  private async decode(source: string, metadata: Metadata, signal?: AbortSignal): Promise<Picture> {
    const original = fileWithPicture(source, metadata, false, this.config.pixelLimit);
    const work = async (): Promise<Picture> => {
      const deadline = this.deadline();
      try {
        return await handOver(limitTime(original.open(), deadline), []);
      } catch (error) {
        throw await this.explain(error as Error, original, deadline);
      }
    };
    return this.memory.run(memoryOfPass(original, [], null), work, signal);
  }

  private async processOutput(
    original: Picture,
    metadata: Metadata,
    output: OutputRecipe,
    path: string,
    signal?: AbortSignal,
  ): Promise<Omit<ProcessedImage, 'name' | 'path'>> {
    const format = formatOf(output, metadata);
    this.requireFrames(original);
    const passes = passesOf(output.operations, original.plain);
    const last = passes.pop()!;
    let deadline = this.deadline();
    let picture = original;
    const run = async <Made>(
      pass: Operation[],
      encoded: ImageFormat | null,
      make: (image: Sharp) => Promise<Made>,
    ): Promise<Made> => {
      signal?.throwIfAborted();
      const kept = picture === original ? 0 : original.memory.held;
      const asked = performance.now();
      const work = async (): Promise<Made> => {
        // The time of an output is that of its work, not that of its wait for memory.
        deadline += performance.now() - asked;
        return make(limitTime(await this.append(picture, pass), deadline));
      };
      return this.memory.run(kept + memoryOfPass(picture, pass, encoded), work, signal);
    };
    try {
      for (const pass of passes) {
        const next = await run(pass, null, (image) => handOver(image, pass));
        if (picture !== original) picture.close();
        picture = next;
      }
      const { size, width, height, pageHeight } = await run(last, format, (image) =>
        format.encode(image, timingOf(metadata), output.quality).toFile(path),
      );
      return { type: format.type, size, width, height: pageHeight ?? height };
    } catch (error) {
      signal?.throwIfAborted();
      throw await this.explain(error as Error, original, deadline);
    } finally {
      if (picture !== original) picture.close();
    }
  }

  private async append(picture: Picture, operations: Operation[]): Promise<Sharp> {
    let image = picture.open();
    for (const operation of operations) {
      const [name, parameters] = operationEntry(operation);
      const entry = operationTable[name];
      if (entry.stillsOnly && picture.canvas.frames > 1) {
        throw new ImageFailure('recipe-does-not-fit', `${name} cannot be done to an animation`);
      }
      requireRoom(operation, picture.canvas, this.config.pixelLimit);
      image = await entry.apply(image, parameters as never, picture.canvas);
    }
    return image;
  }

  private deadline(): number {
    return performance.now() + this.config.processingSeconds * 1000;
  }

  /** @throws ImageFailure for a file that is no picture, or too large a one */
  private async inspect(source: string): Promise<Metadata> {
    const { pixelLimit } = this.config;
    await locally(requireModestMetadata(source));
    const metadata = await sharp(source, { failOn: 'error', limitInputPixels: pixelLimit })
      .metadata()
      .catch(undecodable);
    const pixels = metadata.width * metadata.height;
    if (pixels > pixelLimit) {
      throw new ImageFailure('too-many-pixels', `The picture has ${pixels} pixels; at most ${pixelLimit} are allowed`);
    }
    return metadata;
  }

  private requireFrames({ canvas: { width, height, frames } }: Picture): void {
    const { frameLimit, pixelLimit } = this.config;
    if (frames > frameLimit) {
      throw new ImageFailure(
        'too-many-frames',
        `The animation has ${frames} frames; at most ${frameLimit} are allowed`,
      );
    }
    const pixels = width * height * frames;
    if (pixels > pixelLimit) {
      throw new ImageFailure('too-many-pixels', `All frames have ${pixels} pixels; at most ${pixelLimit} are allowed`);
    }
  }

  /**
   * What an error of sharp means. A picture that cannot even be decoded is at fault itself; a region outside of it, or
   * a size that its format does not know, is a recipe that does not fit it.
   */
  private async explain(error: Error, original: Picture, deadline: number): Promise<Error> {
    if (error instanceof ImageFailure) return error;
    const fault = localFault(error);
    if (fault) return fault;
    if (isTimeout(error)) return this.timeout();
    try {
      // Not its statistics, which forgive what decoding does not. To nowhere, so that its rows are not kept.
      await limitTime(original.open(), deadline).png({ compressionLevel: 0 }).toFile(devNull);
    } catch (decoding) {
      if (isTimeout(decoding as Error)) return this.timeout();
      return localFault(decoding) ?? undecodableImage(decoding as Error);
    }
    return unfitting.test(error.message) ? new ImageFailure('recipe-does-not-fit', error.message) : error;
  }

  private timeout(): ProcessingTimeout {
    return new ProcessingTimeout(`One output took longer than ${this.config.processingSeconds} s`);
  }
}

function isTimeout({ message }: Error): boolean {
  return message.includes('timeout');
}

/** Lets a pass use what is left of the output's time. */
function limitTime(image: Sharp, deadline: number): Sharp {
  const seconds = Math.ceil((deadline - performance.now()) / 1000);
  if (seconds <= 0) throw new Error('timeout before a pass');
  return image.timeout({ seconds });
}

function undecodable(error: Error): never {
  throw localFault(error) ?? undecodableImage(error);
}
