import type { Operation } from './operation.js';
import type { OutputFormat } from './output-format.js';
import type { OutputOptions } from './output-options.js';

export interface OutputRecipe extends OutputOptions {
  /** In the order in which they are done. */
  operations: Operation[];
  format: OutputFormat;
}

/** What to make of a source: named outputs, each an ordered list of operations, a format, and options of that format. */
export interface Recipe {
  outputs: Record<string, OutputRecipe>;
}

export const outputLimit = 20;
export const operationLimit = 20;
