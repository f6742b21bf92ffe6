import type { OutgoingHttpHeaders } from 'node:http';

const boundary = '----form-of-a-test';

export interface FilePart {
  filename: string;
  bytes: Buffer;
}

/** The parts of a form, in the order in which they are sent; texts are fields. */
export type Part = [name: string, value: string | FilePart];

/** The body of a form, and the headers that go with it. */
export function multipart(parts: Part[]): { headers: OutgoingHttpHeaders; body: Buffer } {
  const chunks = parts.flatMap(([name, value]) => {
    const isText = typeof value === 'string';
    return [partHead(name, isText ? undefined : value.filename), isText ? Buffer.from(value) : value.bytes, crlf];
  });
  const body = Buffer.concat([...chunks, formEnd]);
  return { headers: { ...formHeaders, 'Content-Length': body.length }, body };
}

const crlf = Buffer.from('\r\n');

/** For those who send a form piece by piece. */
export const formHeaders: OutgoingHttpHeaders = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
export const formEnd = Buffer.from(`--${boundary}--\r\n`);

export function partHead(name: string, filename?: string): Buffer {
  const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
  return Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`);
}
