import { createHash } from 'node:crypto';
import {
  digestOfKey,
  isFileKey,
  largestPicture,
  parseRecipe,
  picturesOf,
  Problem,
  type FileStore,
  type Recipe,
} from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { readWatermark, type Watermark, type Watermarks } from '../image/operations/watermark.js';
import { FILE_STORE } from '../stores.js';
import { DamagedDownload } from './work-folder.js';

/** So many watermarks are kept, of 1 MB each at most: those that were asked for last. */
const keptWatermarks = 32;

/** The watermarks that recipes draw, each downloaded once as long as it is kept. They never change. */
@Injectable()
export class WatermarkCache {
  /** By key, the one asked for last at the end; downloaded, or on its way. */
  private readonly kept = new Map<string, Promise<Watermark>>();

  constructor(@Inject(FILE_STORE) private readonly files: FileStore) {}

  /**
   * The watermarks that a recipe draws, by their keys.
   * @throws ImageFailure; DamagedDownload; a Problem of the file store, or `invalid-request` for a recipe that this worker
   * does not know
   */
  async ofRecipe(recipe: Recipe): Promise<Watermarks> {
    const entries = picturesOf(parseRecipe(recipe)).map(async (key) => [key, await this.get(key)] as const);
    return new Map(await Promise.all(entries));
  }

  private async get(key: string): Promise<Watermark> {
    const watermark = this.kept.get(key) ?? this.download(key);
    this.kept.delete(key);
    this.kept.set(key, watermark);
    if (this.kept.size > keptWatermarks) this.kept.delete(this.kept.keys().next().value!);
    try {
      return await watermark;
    } catch (error) {
      if (this.kept.get(key) === watermark) this.kept.delete(key);
      throw error;
    }
  }

  private async download(key: string): Promise<Watermark> {
    if (!isFileKey(key)) throw new Problem('file-not-found', `There is no picture ${JSON.stringify(key)}`);
    const { stream } = await this.files.open(key);
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > largestPicture.bytes) break;
        chunks.push(chunk);
      }
    } catch (error) {
      throw new DamagedDownload(`The download of a watermark broke off after ${size} bytes`, { cause: error });
    }
    const bytes = Buffer.concat(chunks);
    if (createHash('sha256').update(bytes).digest('hex') === digestOfKey(key)) return readWatermark(bytes);
    throw new DamagedDownload(`A watermark arrived with ${size} bytes and another digest`);
  }
}
