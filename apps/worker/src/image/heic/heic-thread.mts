/**
 * The code of the thread that decodes one HEIC, and then ends. It imports nothing of ours, because a bundle has it as a
 * file of its own; and what happens to libheif in here, happens to this thread alone.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/** What the thread is given. */
export interface HeicOrder {
  /** The file of libheif-js. */
  library: string;
  /** The HEIC. */
  file: Uint8Array;
  /** The most that the memory of libheif may grow to, in bytes. */
  heapLimit: number;
}

/** What the thread posts, once. */
export type HeicOutcome =
  | { width: number; height: number; channels: 3 | 4; data: Uint8Array<ArrayBuffer> }
  | { unsupported: boolean; message: string };

/** A value of an enumeration of C, as the binding shows it. */
interface Code {
  value: number;
}

/** An answer of libheif; of one that went well, the code is that of success, or there is none. */
interface Answer {
  code?: Code;
  message?: string;
}

interface DecodedImage extends Answer {
  channels: { data: Uint8Array; stride: number; width: number; height: number }[];
}

interface Libheif {
  heif_context_alloc: () => object;
  heif_context_read_from_memory: (context: object, file: Uint8Array) => Answer;
  heif_js_context_get_primary_image_handle: (context: object) => Answer & object;
  heif_image_handle_has_alpha_channel: (handle: object) => number;
  heif_image_handle_is_premultiplied_alpha: (handle: object) => number;
  heif_js_decode_image2: (handle: object, colourSpace: Code, chroma: Code) => DecodedImage | Promise<DecodedImage>;
  heif_colorspace: { heif_colorspace_RGB: Code };
  heif_chroma: { heif_chroma_interleaved_RGB: Code; heif_chroma_interleaved_RGBA: Code };
}

/** A memory of WebAssembly, which the types of Node leave out. */
interface WasmMemory {
  buffer: ArrayBuffer;
  grow: (pages: number) => number;
}

/** The error codes of libheif for a type of file, and for a feature, that it does not know. */
const unsupportedCodes = [3, 4];
const wasmPageBytes = 65_536;

class LibheifError extends Error {
  readonly unsupported: boolean;

  constructor({ code, message }: Answer) {
    super(message ?? 'libheif gave no picture');
    this.unsupported = unsupportedCodes.includes(code?.value ?? 0);
  }
}

const { library, file, heapLimit } = workerData as HeicOrder;
limitHeap(heapLimit);
// What cannot be loaded is no fault of the picture, and ends the thread with its error.
const libheif = createRequire(library)(library) as Libheif;
try {
  const picture = await decode();
  parentPort!.postMessage(picture satisfies HeicOutcome, [picture.data.buffer]);
} catch (error) {
  const { message, unsupported = false } = error as Partial<LibheifError> & Error;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port is no window
  parentPort!.postMessage({ message, unsupported } satisfies HeicOutcome);
}

/** What a file says of its size may be a lie, and its parts may be larger than the whole. */
function limitHeap(limit: number): void {
  const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } }).WebAssembly
    .Memory;
  const { grow } = prototype;
  prototype.grow = function (this: WasmMemory, pages: number): number {
    // libheif gets the null pointer that it expects of a memory that is full.
    if (this.buffer.byteLength + pages * wasmPageBytes > limit) throw new RangeError('The memory is full');
    return grow.call(this, pages);
  };
}

/** The primary picture, as it is to be shown: turned, mirrored and cropped by libheif. */
async function decode(): Promise<{ width: number; height: number; channels: 3 | 4; data: Uint8Array<ArrayBuffer> }> {
  const context = libheif.heif_context_alloc();
  requireSuccess(libheif.heif_context_read_from_memory(context, file));
  const handle = libheif.heif_js_context_get_primary_image_handle(context);
  requireSuccess(handle);
  const channels = libheif.heif_image_handle_has_alpha_channel(handle) ? 4 : 3;
  const { heif_chroma_interleaved_RGB: rgb, heif_chroma_interleaved_RGBA: rgba } = libheif.heif_chroma;
  const colourSpace = libheif.heif_colorspace.heif_colorspace_RGB;
  const image = await libheif.heif_js_decode_image2(handle, colourSpace, channels === 4 ? rgba : rgb);
  requireSuccess(image);
  const [pixels] = image.channels;
  if (!pixels) throw new LibheifError({});
  const { width, height, stride } = pixels;
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = row * stride;
    data.set(pixels.data.subarray(from, from + width * channels), row * width * channels);
  }
  if (channels === 4 && libheif.heif_image_handle_is_premultiplied_alpha(handle)) unpremultiply(data);
  return { width, height, channels, data };
}

function requireSuccess(answer: Answer): void {
  if (answer.code !== undefined && answer.code.value !== 0) throw new LibheifError(answer);
}

/** Gives back to colours what was taken from them by their transparency. */
function unpremultiply(data: Uint8Array): void {
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let colour = at; colour < at + 3; colour++) {
      data[colour] = Math.min(255, Math.round((data[colour]! * 255) / alpha));
    }
  }
}
