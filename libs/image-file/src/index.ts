export * from './bytes/byte-source.js';
export * from './colour-code.js';
export * from './heif/heif-file.js';
export type * from './heif/heif-picture.js';
export * from './png/png-chunks.js';
export * from './png/png-file.js';
export * from './tiff/picture-of-tiff.js';
export * from './tiff/tiff-directory.js';
