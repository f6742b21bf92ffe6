import { devNull } from 'node:os';
import { join } from 'node:path';
import { parseRecipe, Problem, type ImageFacts, type Operation, type OutputRecipe, type Recipe } from '#contracts';
import { Injectable } from '@nestjs/common';
import sharp from 'sharp';
import { WorkerConfig } from '../config.js';
import { localFault } from '../local-fault.js';
import { Deadline, isTimeout } from './deadline.js';
import { developingBytes, needsDeveloping } from './develop.js';
import { developHeic, isHeic } from './heic/develop-heic.js';
import { heicDecodingBytes } from './heic/heic-decoder.js';
import { encodeFile, type EncodedFile } from './encode-file.js';
import { ImageFailure, ProcessingTimeout } from './image-failure.js';
import { imageFacts } from './image-facts.js';
import { formatOf, timingOf, type Encoding, type ImageFormat } from './image-format.js';
import { addMissingEnd } from './jpeg-end.js';
import { MemoryBudget } from './memory-budget.js';
import { memoryOfOutput, memoryOfPass } from './memory.js';
import { misfitOf } from './misfit.js';
import { memoryOfWatermarks, type Watermarks } from './operations/watermark.js';
import { OutputPasses } from './output-passes.js';
import { passesOf } from './passes.js';
import { developed, fileWithPicture, handOver, isSharable, pictureOf, type Picture } from './picture.js';
import { isDoneInParts } from './pixel-pass.js';
import { inspectFile, type SourceFile } from './source-file.js';
import { onBackground } from './transparency.js';
import { undecodableImage } from './undecodable-image.js';

/** The loaders that decode what master accepts, and what text is drawn with; everything else stays blocked. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif', 'Tiff'].map((name) => `VipsForeignLoad${name}`);

/** One output, as a file in the work folder. */
export interface ProcessedImage extends EncodedFile {
  /** The output's name in the recipe. */
  name: string;
  path: string;
  /** Null unless its recipe asks for them. */
  facts: ImageFacts | null;
}

/** How one output is made from the source. */
interface Plan {
  name: string;
  operations: Operation[];
  format: ImageFormat;
  encoding: Omit<Encoding, 'grey'>;
  /** The source as this output begins with it. */
  picture: Picture;
  /** What it takes of the memory. */
  bytes: number;
  /** Of the source. */
  exif?: Buffer;
}

/** What all outputs begin with, when the source is decoded once for all of them. */
interface Beginning {
  make: () => Promise<Picture>;
  /** What it takes of the memory, beside the outputs. */
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
   * Makes all outputs of a recipe from the picture at `path`, into `folder`.
   * @param signal aborts between two passes; a pass that has begun runs to its end
   * @param watermarks all pictures that the recipe draws, by what it calls them
   * @throws ImageFailure when the picture is at fault; LocalFault; ProcessingTimeout; Problem `invalid-request` for a
   * recipe that this worker does not know, `unsupported-image-type` for a HEIC where this worker decodes none; the
   * reason of the abort; any other error may not happen again
   */
  async process(
    path: string,
    recipe: Recipe,
    folder: string,
    signal?: AbortSignal,
    watermarks: Watermarks = new Map(),
  ): Promise<ProcessedImage[]> {
    const { outputs } = parseRecipe(recipe);
    const source = await inspectFile(path, this.config.pixelLimit);
    if (isHeic(source) && !this.config.heic) {
      throw new Problem(
        'unsupported-image-type',
        'This worker decodes no HEIC: it needs MICRO_HEIC=true, as master has',
      );
    }
    try {
      return await this.makeAll(source, outputs, watermarks, folder, signal);
    } catch (error) {
      if (!(await addMissingEnd(source, error))) throw error;
      return this.makeAll({ ...source, failOn: 'warning' }, outputs, watermarks, folder, signal);
    }
  }

  private async makeAll(
    source: SourceFile,
    outputs: Recipe['outputs'],
    watermarks: Watermarks,
    folder: string,
    signal?: AbortSignal,
  ): Promise<ProcessedImage[]> {
    const plans = Object.entries(outputs).map(([name, output]) => this.plan(source, name, output));
    const beginning = this.beginning(source, plans);
    const work = async (): Promise<ProcessedImage[]> => {
      const begun = await beginning?.make();
      try {
        const processed: ProcessedImage[] = [];
        for (const plan of plans) {
          const original = begun ?? plan.picture;
          processed.push(await this.makeOutput(original, plan, watermarks, folder, signal));
        }
        return processed;
      } finally {
        begun?.close();
      }
    };
    const outputBytes = Math.max(...plans.map((plan) => plan.bytes));
    const bytes = outputBytes + (beginning?.bytes ?? 0) + memoryOfWatermarks(watermarks);
    return this.memory.run(bytes, work, signal);
  }

  /** @throws ImageFailure */
  private plan(source: SourceFile, name: string, output: OutputRecipe): Plan {
    const { pixelLimit } = this.config;
    const format = formatOf(output, { type: source.type, isPalette: source.metadata.isPalette });
    const picture = fileWithPicture(source, format.animated, pixelLimit);
    this.requireFrames(picture);
    if (output.animated === 'refuse' && source.traits.isAnimated) {
      throw new ImageFailure('recipe-does-not-fit', `The picture is animated, which the output ${name} refuses`);
    }
    const operations = onBackground(output, format, source.traits.hasAlpha);
    const bytes = memoryOfOutput(picture, operations, format, pixelLimit);
    const encoding = { timing: timingOf(source.metadata), output, source: source.traits };
    return { name, operations, format, encoding, picture, bytes, exif: source.metadata.exif };
  }

  /** The picture decoded once: where it must be developed, and where that is worth it for several outputs. */
  private beginning(source: SourceFile, plans: Plan[]): Beginning | null {
    const { imageMemory, slots, pixelLimit } = this.config;
    const [{ picture }] = plans as [Plan];
    const isOfHeic = isHeic(source);
    const begin = (make: (deadline: Deadline) => Promise<Picture>) => async (): Promise<Picture> => {
      // Not the wait for memory, which is over.
      const deadline = this.deadline();
      return make(deadline).catch(async (error: Error) => {
        // The decoder of a HEIC says itself what is wrong with the picture; sharp would find fault with any.
        throw await this.explain(error, isOfHeic ? null : picture, deadline);
      });
    };
    const decoding = memoryOfPass(picture, [], null);
    if (isOfHeic) {
      const make = begin(async (deadline) => pictureOf(await developHeic(source, deadline), 1, false));
      return { make, bytes: decoding + heicDecodingBytes(source) };
    }
    if (needsDeveloping(source)) {
      const { width, height } = source.metadata;
      const make = begin((deadline) => developed(source, pixelLimit, (image) => deadline.limit(image)));
      return { make, bytes: decoding + width * height * developingBytes(source) };
    }
    if (plans.length === 1 || !isSharable(source.metadata, imageMemory / slots)) return null;
    const make = begin((deadline) => handOver(deadline.limit(picture.open(false)), [], picture.canvas));
    return { make, bytes: decoding };
  }

  private async makeOutput(
    original: Picture,
    plan: Plan,
    watermarks: Watermarks,
    folder: string,
    signal?: AbortSignal,
  ): Promise<ProcessedImage> {
    const { name, operations, format, encoding, exif } = plan;
    // No name of an output is that of another file in the folder.
    const path = join(folder, `output-${name}`);
    const deadline = this.deadline();
    const run = new OutputPasses({ name, operations, watermarks }, this.config.pixelLimit, deadline);
    const passes = passesOf(operations, original.plain);
    let picture = original;
    try {
      while (passes.length > 1 || isDoneInParts(passes[0]![0], picture.canvas)) {
        signal?.throwIfAborted();
        const next = await run.next(picture, passes.shift()!);
        if (picture !== original) picture.close();
        picture = next;
        if (passes.length === 0) passes.push([]);
      }
      signal?.throwIfAborted();
      const { image, grey } = await run.last(picture, passes[0]!);
      const file = await encodeFile(image, format, { ...encoding, grey }, path);
      const isAsked = encoding.output.facts;
      const facts = isAsked ? await imageFacts(path, exif, (reading) => deadline.limit(reading)) : null;
      return { name, path, ...file, facts };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = await this.explain(error as Error, original, deadline);
      throw misfitOf(reason, name, format) ?? reason;
    } finally {
      if (picture !== original) picture.close();
    }
  }

  private deadline(): Deadline {
    return new Deadline(this.config.processingSeconds);
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
   * What an error of sharp means: a picture that cannot even be decoded is at fault itself.
   * @param original the picture, if it may be the one at fault
   */
  private async explain(error: Error, original: Picture | null, deadline: Deadline): Promise<Error> {
    if (error instanceof ImageFailure) return error;
    const fault = localFault(error);
    if (fault) return fault;
    if (isTimeout(error)) return this.timeout();
    if (!original) return error;
    try {
      // Not its statistics, which forgive what decoding does not. To nowhere, so that its rows are not kept.
      await deadline.limit(original.open(false)).png({ compressionLevel: 0 }).toFile(devNull);
      return error;
    } catch (decoding) {
      if (isTimeout(decoding as Error)) return this.timeout();
      return localFault(decoding) ?? undecodableImage(decoding as Error);
    }
  }

  private timeout(): ProcessingTimeout {
    return new ProcessingTimeout(`One output took longer than ${this.config.processingSeconds} s`);
  }
}
