import { devNull } from 'node:os';
import { join } from 'node:path';
import { operationEntry, parseRecipe, type Operation, type OutputRecipe, type Recipe } from '#contracts';
import { Injectable } from '@nestjs/common';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { WorkerConfig } from '../config.js';
import { localFault, locally } from '../local-fault.js';
import { ImageFailure, ProcessingTimeout } from './image-failure.js';
import { formatOf, timingOf, type ImageFormat, type Timing } from './image-format.js';
import { MemoryBudget } from './memory-budget.js';
import { memoryOfOutput, memoryOfPass } from './memory.js';
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

/** How one output is made from the source. */
interface Plan {
  name: string;
  output: OutputRecipe;
  format: ImageFormat;
  timing: Timing;
  /** The source as this output begins with it. */
  picture: Picture;
  /** What it takes of the memory. */
  bytes: number;
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
   * @throws ImageFailure when the picture is at fault; LocalFault; ProcessingTimeout; Problem `invalid-request` for a
   * recipe that this worker does not know; the reason of the abort; any other error may not happen again
   */
  async process(source: string, recipe: Recipe, folder: string, signal?: AbortSignal): Promise<ProcessedImage[]> {
    const outputs = Object.entries(parseRecipe(recipe).outputs);
    const metadata = await this.inspect(source);
    const { imageMemory, slots } = this.config;
    const plans = outputs.map(([name, output]) => this.plan(source, metadata, name, output));
    const [{ picture }] = plans as [Plan];
    const isShared = plans.length > 1 && isSharable(metadata, imageMemory / slots);
    const work = async (): Promise<ProcessedImage[]> => {
      const decoded = isShared ? await this.decode(picture) : null;
      try {
        const processed: ProcessedImage[] = [];
        for (const plan of plans)
          processed.push(await this.processOutput(decoded ?? plan.picture, plan, folder, signal));
        return processed;
      } finally {
        decoded?.close();
      }
    };
    const bytes = Math.max(...plans.map((plan) => plan.bytes)) + (isShared ? memoryOfPass(picture, [], null) : 0);
    return this.memory.run(bytes, work, signal);
  }

  /** @throws ImageFailure */
  private plan(source: string, metadata: Metadata, name: string, output: OutputRecipe): Plan {
    const { pixelLimit } = this.config;
    const format = formatOf(output, metadata);
    const picture = fileWithPicture(source, metadata, format.animated, pixelLimit);
    this.requireFrames(picture);
    const bytes = memoryOfOutput(picture, output, format, pixelLimit);
    return { name, output, format, timing: timingOf(metadata), picture, bytes };
  }

  /** The picture, decoded once for several outputs. */
  private async decode(original: Picture): Promise<Picture> {
    const deadline = this.deadline();
    try {
      return await handOver(limitTime(original.open(), deadline), []);
    } catch (error) {
      throw await this.explain(error as Error, original, deadline);
    }
  }

  private async processOutput(
    original: Picture,
    { name, output, format, timing }: Plan,
    folder: string,
    signal?: AbortSignal,
  ): Promise<ProcessedImage> {
    // No name of an output is that of another file in the folder.
    const path = join(folder, `output-${name}`);
    const passes = passesOf(output.operations, original.plain);
    const last = passes.pop()!;
    const deadline = this.deadline();
    let picture = original;
    try {
      for (const pass of passes) {
        signal?.throwIfAborted();
        const next = await handOver(limitTime(await this.append(picture, pass), deadline), pass);
        if (picture !== original) picture.close();
        picture = next;
      }
      signal?.throwIfAborted();
      const image = limitTime(await this.append(picture, last), deadline);
      const { size, width, height, pageHeight } = await format.encode(image, timing, output.quality).toFile(path);
      return { name, path, type: format.type, size, width, height: pageHeight ?? height };
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
