import type { ByteSource } from '../bytes/byte-source.js';

export interface PngChunk {
  /** Its four characters. */
  type: string;
  /** Where its content begins. */
  start: number;
  /** Of its content, in bytes. */
  length: number;
}

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const headBytes = 8;
const checksumBytes = 4;

/** The chunks of a PNG, one after another, up to the end of the bytes; none of what is no PNG. */
export async function* pngChunks(bytes: ByteSource): AsyncGenerator<PngChunk> {
  if (!(await bytes(0, signature.length)).equals(signature)) return;
  for (let position = signature.length; ;) {
    const head = await bytes(position, headBytes);
    if (head.length < headBytes) return;
    const [length, type] = [head.readUInt32BE(0), head.toString('latin1', 4)];
    yield { type, start: position + headBytes, length };
    position += headBytes + length + checksumBytes;
  }
}
