import { operationEntry, type Operation } from '#contracts';
import type { Sharp } from 'sharp';
import type { Deadline } from './deadline.js';
import { requireFit } from './fit.js';
import { ImageFailure } from './image-failure.js';
import type { Canvas } from './operations/operation-entry.js';
import { entryOf, keepsGrey, leavesGrey } from './operations/operation-table.js';
import type { Watermarks } from './operations/watermark.js';
import { handOver, pictureOf, type Picture } from './picture.js';
import { doInParts, isDoneInParts } from './pixel-pass.js';
import { requireRoom } from './room.js';

/** Does the operations of one output, pass by pass. Failures name the operation by its place in the recipe. */
export class OutputPasses {
  constructor(
    private readonly output: { name: string; operations: Operation[]; watermarks: Watermarks },
    private readonly pixelLimit: number,
    private readonly deadline: Deadline,
  ) {}

  /** Does a pass. @returns the picture for the next one @throws ImageFailure; errors of sharp */
  async next(picture: Picture, pass: Operation[]): Promise<Picture> {
    const [operation] = pass;
    if (operation && isDoneInParts(operation, picture.canvas)) return this.inParts(picture, operation);
    return handOver(this.deadline.limit(await this.append(picture, pass)), pass, picture.canvas);
  }

  /**
   * The pipeline of the last pass, still to be encoded.
   * @returns also whether the picture has shades of grey only
   */
  async last(picture: Picture, pass: Operation[]): Promise<{ image: Sharp; grey: boolean }> {
    const image = this.deadline.limit(await this.append(picture, pass));
    return { image, grey: leavesGrey(pass, picture.canvas.grey) };
  }

  private async inParts(picture: Picture, operation: Operation): Promise<Picture> {
    const { canvas } = picture;
    const raw = picture.pixels ? picture : await handOver(this.deadline.limit(picture.open(true)), [], canvas);
    try {
      const made = await doInParts(raw.pixels!, canvas.frames, operation, async (image, part) =>
        this.deadline.limit(await this.apply(image, operation, { ...canvas, ...part })),
      );
      return pictureOf(made, canvas.frames, leavesGrey([operation], canvas.grey));
    } finally {
      if (raw !== picture) raw.close();
    }
  }

  private async append(picture: Picture, pass: Operation[]): Promise<Sharp> {
    let image = picture.open(!pass.every(keepsGrey));
    for (const operation of pass) image = await this.apply(image, operation, picture.canvas);
    return image;
  }

  private async apply(image: Sharp, operation: Operation, canvas: Canvas): Promise<Sharp> {
    const [name, parameters] = operationEntry(operation);
    try {
      requireFit(operation, canvas);
      requireRoom(operation, canvas, this.pixelLimit);
      return await entryOf(operation).apply(image, parameters, canvas, this.output.watermarks);
    } catch (error) {
      if (!(error instanceof ImageFailure)) throw error;
      throw error.at(`outputs.${this.output.name}.operations[${this.output.operations.indexOf(operation)}].${name}`);
    }
  }
}
