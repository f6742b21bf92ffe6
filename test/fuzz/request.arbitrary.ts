import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { fieldPart, filePart, formType, rawForm } from '../harness/raw-form.js';
import type { RawRequest } from '../harness/raw-request.js';
import { resolved, type OpenApiDocument, type Operation, type Parameter, type Schema } from './openapi-document.js';

/** What the requests are to name, so that some of them mean something. */
export interface Known {
  ids: string[];
  image: Buffer;
  token: string;
}

type Headers = [string, string][];

/** Texts that have broken programs. */
const hostileTexts = ['', ' ', '\0', '..', '../..', '%00', '%zz', '__proto__', 'constructor', 'toString', 'null']
  .concat([
    'undefined',
    'NaN',
    '-1',
    '0',
    '1e999',
    '0x10',
    '9'.repeat(400),
    'true',
    "' OR 1=1--",
    '<script>',
    '"',
    '\\',
  ])
  .concat(['ä', '\u202E', '😀', '\uD800', 'a'.repeat(5_000), '{"a":', '[]', `${'['.repeat(500)}${']'.repeat(500)}`]);

const text = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...hostileTexts) },
  fc.string({ unit: 'binary', maxLength: 30 }),
);

/** Any value of JSON, with the names and numbers that matter. */
const value: Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 0.5, 2 ** 53, [], {}, [[]], [null]),
  fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'toString', 'a', 'length'), fc.jsonValue(), { maxKeys: 3 }),
  fc.jsonValue(),
);

/** Leases are asked for at once, so that no poll is out for long. */
const shortWaits = ['wait', 'waitMs'];

/**
 * A request to any operation of a document: its parameters, headers and body as they should be, or nearly so, or
 * anything at all.
 */
export function apiRequest(document: OpenApiDocument, known: Known): Arbitrary<RawRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const parameters = operation.parameters ?? [];
    const namesIn = (place: Parameter['in']): Parameter[] => parameters.filter((parameter) => parameter.in === place);
    return fc
      .record({
        method: mostly(fc.constant(method), fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')),
        path: pathOf(path, known),
        query: queryOf(document, namesIn('query'), known),
        headers: headersOf(namesIn('header'), known),
        body: bodyOf(document, operation, known),
      })
      .map(({ query, headers, body, ...request }) => ({
        method: request.method,
        path: request.path + (query && `?${query}`),
        headers: [...headers, ...body.headers, ['Content-Length', String(body.bytes.length)]] as Headers,
        body: body.bytes,
      }));
  });
}

function pathOf(template: string, { ids }: Known): Arbitrary<string> {
  const id = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...ids) },
    fc.uuid(),
    text.map((raw) => encodeURIComponent(raw.toWellFormed())),
    fc.constantFrom('..', '.', '%2e%2e', '%00', '%zz', '%ff', '..%2f..%2f', 'next', 'settled', 'a'.repeat(5_000)),
  );
  return id.map((chosen) => template.replaceAll('{id}', chosen));
}

function queryOf(document: OpenApiDocument, parameters: Parameter[], known: Known): Arbitrary<string> {
  const named = parameters.map(({ name, schema }) =>
    mostly(fitting(document, name, schema, known), value).map((content): [string, unknown] => [name, content]),
  );
  const strange = fc.tuple(text, text);
  return fc
    .array(fc.oneof(...named, ...(named.length > 0 ? [] : [strange]), strange), { maxLength: 3 })
    .map((pairs) => pairs.map((one) => queryPair(one as [string, unknown])).join('&'));
}

function queryPair([name, content]: [string, unknown]): string {
  return `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(plain(content).toWellFormed())}`;
}

function headersOf(parameters: Parameter[], { token }: Known): Arbitrary<Headers> {
  const names = [...parameters.map(({ name }) => name), 'Range', 'If-None-Match', 'If-Range', 'Accept', 'X-Request-Id'];
  const good = ['bytes=0-9', 'bytes=-1', '*', 'wait=1', 'a-key', 'application/json', '"x"'];
  // A line end would begin another header, or another request.
  const content = fc.oneof(fc.constantFrom(...good), text).map((raw) => raw.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '?'));
  const authorization = fc.constantFrom<Headers[number]>(
    ['Authorization', `Bearer ${token}`],
    ['Authorization', `Bearer ${token}`],
    ['Authorization', 'Bearer x'],
    ['X-None', ''],
  );
  return fc
    .tuple(authorization, fc.array(fc.tuple(fc.constantFrom(...names), content), { maxLength: 3 }))
    .map(([first, others]) => [first, ...others]);
}

interface Body {
  headers: Headers;
  bytes: Buffer;
}

function bodyOf(document: OpenApiDocument, { requestBody }: Operation, known: Known): Arbitrary<Body> {
  const nothing = fc.constant<Body>({ headers: [], bytes: Buffer.alloc(0) });
  const noise = fc
    .tuple(fc.constantFrom('application/json', 'multipart/form-data', 'text/plain', ''), text)
    .map(([type, content]): Body => ({ headers: [['Content-Type', type]], bytes: Buffer.from(content) }));
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (!type || !content) return fc.oneof({ weight: 3, arbitrary: nothing }, jsonBody(value), noise);
  const schema = resolved(document, content.schema);
  const fit =
    type === 'multipart/form-data' ? formOf(document, schema, known) : jsonBody(objectOf(document, schema, known));
  return fc.oneof({ weight: 8, arbitrary: fit }, jsonBody(value), noise, nothing);
}

function jsonBody(content: Arbitrary<unknown>): Arbitrary<Body> {
  return content.map((chosen) => ({
    headers: [['Content-Type', 'application/json']],
    bytes: Buffer.from(JSON.stringify(chosen)),
  }));
}

function formOf(document: OpenApiDocument, schema: Schema, known: Known): Arbitrary<Body> {
  const file = fc.oneof(
    { weight: 4, arbitrary: fc.constant(known.image) },
    fc.nat(known.image.length).map((length) => known.image.subarray(0, length)),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );
  const name = mostly(fc.constant('photo.png'), text);
  const image = fc.tuple(file, name).map(([bytes, called]) => filePart(bytes, called));
  const fields = Object.entries(schema.properties ?? {}).flatMap(([field, { format, ...rest }]) =>
    format === 'binary'
      ? [image]
      : [mostly(fitting(document, field, rest, known), value).map((content) => fieldPart(field, plain(content)))],
  );
  const strange = fc.tuple(text, text).map(([field, content]) => fieldPart(field, content));
  return fc
    .tuple(mostly(image, strange), fc.array(fc.oneof(...fields, strange), { maxLength: 2 }))
    .map(([first, others]): Body => ({ headers: [formType], bytes: rawForm(first, ...others) }));
}

/** An object with the fields of a schema, of which some are missing, wrong, or too many. */
function objectOf(document: OpenApiDocument, schema: Schema, known: Known): Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, mostly(fitting(document, name, property, known), value)] as const,
  );
  const object = fc.record(Object.fromEntries(fields), { requiredKeys: [] });
  const whole = fc.record(Object.fromEntries(fields));
  return fc
    .tuple(mostly(whole, object), mostly(fc.constant({}), fc.dictionary(text, value, { maxKeys: 1 })))
    .map(([right, strange]): object => ({ ...right, ...strange }));
}

/** What a schema asks for; for a few names, what the system knows. */
function fitting(document: OpenApiDocument, name: string, schema: Schema, known: Known): Arbitrary<unknown> {
  if (shortWaits.includes(name)) return fc.constantFrom(0, 1);
  if (name === 'recipe') return fc.constantFrom('negate', 'web', '{"outputs":{"a":{"operations":[],"format":"png"}}}');
  if (name === 'labels') return fc.constantFrom('{}', '{"a":"b"}');
  if (name === 'token') return fc.constantFrom('a'.repeat(22), 'b'.repeat(22));
  if (name === 'after') return fc.constantFrom(...known.ids);
  const { type, enum: allowed, minimum = -1_000, maximum = 1_000, items, properties } = resolved(document, schema);
  if (allowed) return fc.constantFrom(...allowed);
  if (type === 'integer' || type === 'number') return fc.integer({ min: minimum, max: maximum });
  if (type === 'boolean') return fc.boolean();
  if (type === 'array') return fc.array(fitting(document, '', items ?? {}, known), { minLength: 1, maxLength: 2 });
  if (properties) return objectOf(document, { properties }, known);
  return fc.constantFrom('a', 'image', 'some-code', 'a text of some words');
}

function mostly<Chosen, Other>(usual: Arbitrary<Chosen>, other: Arbitrary<Other>): Arbitrary<Chosen | Other> {
  return fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: other });
}

function plain(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}
