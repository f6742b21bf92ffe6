/** A part of an AVIF: a type of four letters, and content that may be boxes again. */
export interface Box {
  type: string;
  content: Buffer;
}

const headBytes = 8;

export function box(type: string, content: Buffer): Buffer {
  const head = Buffer.from(`\0\0\0\0${type}`, 'latin1');
  head.writeUInt32BE(headBytes + content.length);
  return Buffer.concat([head, content]);
}

/** The boxes that stand behind each other in some bytes. */
export function boxesIn(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + headBytes <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (length < headBytes) throw new Error('A box is shorter than its head');
    boxes.push({
      type: bytes.toString('latin1', at + 4, at + headBytes),
      content: bytes.subarray(at + headBytes, at + length),
    });
    at += length;
  }
  return boxes;
}
