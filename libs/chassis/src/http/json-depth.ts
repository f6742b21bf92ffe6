import type { IncomingMessage, ServerResponse } from 'node:http';

/** Several times what the deepest recipe needs. */
const deepest = 100;

const [quote, backslash] = ['"', '\\'].map((character) => character.charCodeAt(0));
const openings = Buffer.from('[{');
const closings = Buffer.from(']}');

/**
 * Refuses JSON that is nested very deeply, before it is parsed: JSON.parse takes any depth, but what checks and copies
 * its result calls itself once for each level, until there is no stack left.
 * @throws Error that the body parser answers with 400
 */
export function requireShallowJson(_request: IncomingMessage, _response: ServerResponse, body: Buffer): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === quote) isText = !isText;
    else if (isText) at += byte === backslash ? 1 : 0;
    else if (openings.includes(byte)) depth++;
    else if (closings.includes(byte)) depth--;
    if (depth > deepest) throw Object.assign(new Error(`JSON may be nested ${deepest} levels deep`), { status: 400 });
  }
}
