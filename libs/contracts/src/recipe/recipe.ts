import type { Operation } from './operation.js';

/** Output formats; `same` keeps the format of the source. */
export const outputFormats = ['same', 'jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** The formats in which a picture can be had in several qualities. */
export const formatsWithQuality: readonly OutputFormat[] = ['same', 'jpeg', 'webp', 'avif'];

export interface OutputRecipe {
  /** In the order in which they are done. */
  operations: Operation[];
  format: OutputFormat;
  /** 1 to 100, for the formats that have it. */
  quality?: number;
}

/** What to make of a source: named outputs, each an ordered list of operations and a format. */
export interface Recipe {
  outputs: Record<string, OutputRecipe>;
}

export const outputLimit = 20;
export const operationLimit = 20;
