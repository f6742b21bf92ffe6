import { picturesOf, Problem, type FileStore, type Recipe } from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { RecipesFile } from '../recipes-file.js';
import { FILE_STORE } from '../stores.js';

/** Puts the pictures that recipes draw into the file store, each once, before a task that needs it exists. */
@Injectable()
export class PictureStorage {
  /** By key: pictures that are stored, or on their way. */
  private readonly stored = new Map<string, Promise<void>>();

  constructor(
    @Inject(FILE_STORE) private readonly files: FileStore,
    private readonly recipes: RecipesFile,
  ) {}

  /**
   * Makes sure that all pictures of a recipe, which has them by their keys, are durable.
   * @throws Problem `service-unavailable`, `storage-full`
   */
  async ensure(recipe: Recipe): Promise<void> {
    for (const key of picturesOf(recipe)) {
      if (!this.stored.has(key)) this.stored.set(key, this.store(key));
      await this.stored.get(key)!.catch((error: unknown) => {
        this.stored.delete(key);
        throw error;
      });
    }
  }

  private async store(key: string): Promise<void> {
    const bytes = this.recipes.pictures.get(key);
    if (!bytes) throw new Error(`No recipe was given the picture ${key}`);
    try {
      await this.files.put(key, one(bytes), { size: bytes.length });
    } catch (error) {
      if (!Problem.is(error, 'file-exists')) throw error;
      await this.requireStored(key);
    }
  }

  /** Another master's put may be on its way, and fail yet. */
  private async requireStored(key: string): Promise<void> {
    try {
      await this.files.size(key);
    } catch (error) {
      if (!Problem.is(error, 'file-not-found')) throw error;
      const detail = 'A picture of the recipe is being stored';
      throw new Problem('service-unavailable', detail, { retryAfterSeconds: 1, cause: error });
    }
  }
}

async function* one(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
