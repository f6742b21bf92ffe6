/** A body on its way, which knows whether it waits for its source. */
export class WatchedBody {
  /** Whether everything that the source gave was taken, and the source has not given more since, nor ended. */
  awaitsSource = false;

  constructor(
    private readonly source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      this.awaitsSource = true;
      for await (const chunk of this.source) {
        this.awaitsSource = false;
        yield chunk;
        this.awaitsSource = true;
      }
    } catch (error) {
      this.onFailure(error);
      throw error;
    } finally {
      this.awaitsSource = false;
    }
  }
}
