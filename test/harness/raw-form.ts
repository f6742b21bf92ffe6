/** One part of a form, byte by byte. */
export interface RawPart {
  /** Its header lines, without the last line end. */
  head: string | Buffer;
  body: string | Buffer;
}

export const boundary = 'raw-boundary';

/** The header that announces a form with our boundary. */
export const formType: [string, string] = ['Content-Type', `multipart/form-data; boundary=${boundary}`];

/** A form as bytes. */
export function rawForm(...parts: RawPart[]): Buffer {
  const pieces = parts.flatMap(({ head, body }) => [`--${boundary}\r\n`, head, '\r\n\r\n', body, '\r\n']);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

/** A part that is a file, in the field `image` unless said otherwise. */
export function filePart(body: Buffer, name: string | Buffer = 'photo.png', field: string | Buffer = 'image'): RawPart {
  const head = ['Content-Disposition: form-data; name="', field, '"; filename="', name, '"\r\nContent-Type: image/png'];
  return { head: Buffer.concat(head.map((piece) => Buffer.from(piece))), body };
}

/** A part that is a text. */
export function fieldPart(name: string | Buffer, body: string | Buffer): RawPart {
  const head = ['Content-Disposition: form-data; name="', name, '"'].map((piece) => Buffer.from(piece));
  return { head: Buffer.concat(head), body };
}
