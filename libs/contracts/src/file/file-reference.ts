import type { ImageFacts } from './image-facts.js';

/** A stored file as a task names it. Keys are stored, never derived from ids. */
export interface FileReference {
  key: string;
  /** In bytes. */
  size: number;
  /** Media type, found from the content, never the client's word. */
  type: string;
  /** Lower-case hex of the SHA-256 of the bytes. */
  sha256: string;
  /** The client's file name for a source; the output's name in the recipe for an output. */
  name: string;
  /** In pixels; null where nobody has decoded the picture yet. */
  width: number | null;
  height: number | null;
  /** Of an output whose recipe asks for them. */
  facts?: ImageFacts | null;
}
