import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { locally } from '../../local-fault.js';
import type { Deadline } from '../deadline.js';
import { ImageFailure } from '../image-failure.js';
import type { Pixels } from '../pixels.js';
import type { HeicFacts } from './heic-source.js';
import type { HeicOrder, HeicOutcome } from './heic-thread.mjs';
import { findLibheif } from './libheif.js';

/** The code of the thread: beside this file as compiled, beside a bundle, or beside this file as a source. */
const threadFiles = ['heic-thread.mjs', 'heic-thread.mts'].map((name) => join(import.meta.dirname, name));

/** What libheif takes for each pixel, in bytes, at 8 bits a channel and above. Measured with 4:4:4 and alpha. */
const [pixelBytes, deepPixelBytes] = [12, 24];
/** What libheif takes for itself, and the thread for its code, in bytes. */
const [ownHeapBytes, threadBytes] = [32 * 1024 ** 2, 48 * 1024 ** 2];
/** Of a decoded pixel, which leaves the thread as a copy. */
const copyBytes = 4;
/** libheif keeps the file twice; it is read once, and handed over. */
const [heldFiles, handedFiles] = [2, 2];
const megabyte = 1024 ** 2;

/** What of a HEIC the decoder must know. */
export interface HeicFile {
  path: string;
  /** In pixels, before anything is cropped. */
  metadata: { width: number; height: number };
  heic: HeicFacts;
}

/** The most that decoding takes of the memory, in bytes. */
export function heicDecodingBytes(file: HeicFile): number {
  const { width, height } = file.metadata;
  return threadBytes + heapBytes(file) + file.heic.fileBytes * handedFiles + width * height * copyBytes;
}

/** The most that the memory of libheif may grow to. */
function heapBytes({ metadata: { width, height }, heic: { fileBytes, deep } }: HeicFile): number {
  return ownHeapBytes + fileBytes * heldFiles + width * height * (deep ? deepPixelBytes : pixelBytes);
}

/**
 * Decodes the primary picture of a HEIC in a thread of its own, upright, in the numbers of its own colours.
 * @throws ImageFailure `undecodable-image`, `unsupported-picture`; LocalFault; an error that `isTimeout` knows
 */
export async function decodeHeic(file: HeicFile, deadline: Deadline): Promise<Pixels> {
  const outcome = await outcomeOf(
    { library: requireLibheif(), file: await locally(readFile(file.path)), heapLimit: heapBytes(file) },
    deadline,
  );
  if ('message' in outcome) throw failureOf(outcome);
  const { data, ...size } = outcome;
  return { ...size, data: Buffer.from(data.buffer) };
}

async function outcomeOf(order: HeicOrder, deadline: Deadline): Promise<HeicOutcome> {
  const thread = new Worker(threadFiles.find((path) => existsSync(path)) ?? threadFiles[0]!, {
    workerData: order,
    execArgv: [],
    // What libheif prints says nothing that its errors do not.
    stdout: true,
    stderr: true,
    // Of the objects of JavaScript; neither pixels nor the memory of libheif are among them.
    resourceLimits: { maxOldGenerationSizeMb: threadBytes / megabyte, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
  });
  const { promise, resolve, reject } = Promise.withResolvers<HeicOutcome>();
  thread.once('message', resolve);
  thread.once('error', reject);
  thread.once('exit', (code) => reject(new Error(`The thread that decodes a HEIC ended with code ${code}`)));
  const timeout = (): void => reject(new Error('timeout while a HEIC was decoded'));
  const timer = setTimeout(timeout, Math.max(0, deadline.remainingMs));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

function failureOf({ message, unsupported }: Extract<HeicOutcome, { message: string }>): ImageFailure {
  if (unsupported) {
    const detail = 'The HEIC is of a kind that its decoder does not know; allowed are pictures as cameras take them';
    return new ImageFailure('unsupported-picture', detail, message);
  }
  // Of a grid, libheif does not say why a tile of it cannot be decoded.
  const why = message.includes('end of file') ? 'cut off, its end is missing' : 'damaged, or cut off';
  return new ImageFailure('undecodable-image', `The picture cannot be decoded: the file is ${why}`, message);
}

function requireLibheif(): string {
  const library = findLibheif();
  if (!library) throw new Error('The package libheif-js was there at the start, and is not any more');
  return library;
}
