import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loggedErrors } from './harness/logged-errors.js';
import { png } from './harness/photo.js';
import { boundary, fieldPart, filePart, formType, rawForm, type RawPart } from './harness/raw-form.js';
import { RawConnection, rawRequest, requestHead, type RawRequest } from './harness/raw-request.js';
import { refusalIn } from './harness/refusal.js';
import { System } from './harness/system.js';

type Header = [name: string, value: string | Buffer];

const uploadLimit = 1_000_000;
let image: Buffer;
let whole: Buffer;
beforeAll(async () => {
  image = await png({ width: 64, height: 48 });
  whole = rawForm(filePart(image));
});

const system = System.shared({
  workers: 0,
  env: { MICRO_MAX_UPLOAD_BYTES: String(uploadLimit), MICRO_RATE_LIMIT: '0' },
});
const master = (): Promise<string> => system().endpointOf('master');

async function storedFiles(): Promise<string[]> {
  return (await system().storedFiles()).map((path) => path.slice(system().folder.length));
}

async function tasks(): Promise<unknown[]> {
  return ((await (await system().client.fetch('/task')).json()) as { tasks: unknown[] }).tasks;
}

function uploadOf(body: Buffer, ...headers: Header[]): RawRequest {
  return { method: 'POST', path: '/task', headers: [formType, lengthOf(body), ...headers], body };
}

function lengthOf(body: Buffer): Header {
  return ['Content-Length', String(body.length)];
}

function many(count: number, part: (number: number) => RawPart): RawPart[] {
  return Array.from({ length: count }, (_unused, number) => part(number));
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

describe('an upload that is refused', () => {
  afterEach(async () => {
    expect(await tasks()).toEqual([]);
    await vi.waitFor(async () => expect(await storedFiles()).toEqual([]), { timeout: 10_000 });
    expect(loggedErrors(system())).toEqual([]);
  });

  const forms: [what: string, form: () => Buffer, code: string, detail: RegExp][] = [
    ['ends in the middle of the image', () => whole.subarray(0, -200), 'malformed-body', /cut off/],
    ['ends in the head of a part', () => whole.subarray(0, 50), 'malformed-body', /cut off/],
    ['has no last boundary', () => whole.subarray(0, -boundary.length - 8), 'malformed-body', /last boundary/],
    ['is empty', () => Buffer.alloc(0), 'malformed-body', /last boundary/],
    ['has another boundary than it says', () => swapBoundary(whole), 'malformed-body', /another boundary/],
    [
      'has 10,000 fields',
      () => rawForm(...many(10_000, (n) => fieldPart(`f${n}`, 'x'))),
      'malformed-body',
      /20 fields/,
    ],
    [
      'has 10,000 fields behind the image',
      () => rawForm(filePart(image), ...many(10_000, (n) => fieldPart(`f${n}`, 'x'))),
      'malformed-body',
      /20 fields/,
    ],
    [
      'has 10,000 files',
      () => rawForm(...many(10_000, () => filePart(Buffer.from('x')))),
      'unexpected-file',
      /one file.*"image"/,
    ],
    [
      'has 10,000 parts that are nothing',
      () => rawForm(...many(10_000, () => ({ head: 'X: y', body: '' }))),
      'malformed-body',
      /20 fields/,
    ],
    ['has a part with 1 MB in one header', () => longHead(`X-Long: ${'a'.repeat(1e6)}`), 'malformed-body', /16 KB/],
    [
      'has a part with 1 MB of headers',
      () => longHead('X-Short: abcdefgh\r\n'.repeat(5e4) + 'X: y'),
      'malformed-body',
      /16 KB/,
    ],
    [
      'has a field of a megabyte',
      () => rawForm(filePart(image), fieldPart('labels', 'a'.repeat(1e6))),
      'malformed-body',
      /field may have 100000 bytes/,
    ],
    ['has a recipe twice', () => withField('recipe', 'negate', 'negate'), 'invalid-request', /recipe must be a string/],
    ['has a field without a name', () => withField('', 'x'), 'malformed-body', /no name/],
    ['has a field with a long name', () => withField('f'.repeat(10_000), 'x'), 'malformed-body', /100 bytes/],
    ['has a field with a null byte', () => withField('rec\0ipe', 'x'), 'malformed-body', /cannot be read/],
    ['has a field with a control character', () => withField('rec\x1bipe', 'x'), 'malformed-body', /cannot be read/],
    ['has a field with a line end', () => withField('rec\nipe', 'x'), 'malformed-body', /cannot be read/],
    ['has a field with a path', () => withField('../recipe', 'x'), 'invalid-request', /\.\.\/recipe should not exist/],
    ['has a field with brackets', () => withField('labels[a]', 'x'), 'malformed-body', /no brackets/],
    ['has a field of a huge array', () => withField('a[999999999]', 'x'), 'malformed-body', /no brackets/],
    ['has a field with a wrong encoding', () => withField(Buffer.from([0xff, 0xfe]), 'x'), 'invalid-request', /exist/],
    ['has a field __proto__', () => withField('__proto__', 'x'), 'invalid-request', /__proto__ should not exist/],
    ['has a field constructor', () => withField('constructor', 'x'), 'invalid-request', /constructor should not exist/],
    ['has a field toString', () => withField('toString', 'x'), 'invalid-request', /toString should not exist/],
    ['has a label __proto__', () => withField('labels', '{"__proto__":"x"}'), 'invalid-request', /none.*__proto__/],
    ['has a label toString', () => withField('labels', '{"toString":"x"}'), 'invalid-request', /none.*toString/],
    ['has labels of numbers', () => withField('labels', '{"a":1e999}'), 'invalid-request', /20 texts/],
    ['has labels without end', () => withField('labels', '{"a":'.repeat(9_000)), 'invalid-request', /JSON object/],
    ['has deep labels', () => withField('labels', nested(9_000)), 'invalid-request', /20 texts/],
    ['has a deep recipe', () => withField('recipe', nested(9_000)), 'invalid-request', /outputs/],
    ['has the recipe __proto__', () => withField('recipe', '__proto__'), 'invalid-request', /negate.*recipe as JSON/],
    ['has no number for priority', () => withField('priority', 'NaN'), 'invalid-request', /priority must.*integer/],
    ['has an endless priority', () => withField('priority', '1e999'), 'invalid-request', /not be greater than 100/],
    ['has half a priority', () => withField('priority', '0.5'), 'invalid-request', /priority must.*integer/],
    ['has its image in IMAGE', () => rawForm(filePart(image, 'a.png', 'IMAGE')), 'unexpected-file', /"image"/],
    ['has its image in image[0]', () => rawForm(filePart(image, 'a.png', 'image[0]')), 'unexpected-file', /"image"/],
    ['has its image in __proto__', () => rawForm(filePart(image, 'a.png', '__proto__')), 'unexpected-file', /"image"/],
    ['has a file name with a null byte', () => rawForm(filePart(image, 'a\0.png')), 'malformed-body', /cannot be read/],
    ['has a file name with a line end', () => rawForm(filePart(image, 'a\n.png')), 'malformed-body', /cannot be read/],
    ['has a file name with a bare quote', () => rawForm(filePart(image, 'a".png')), 'missing-file', /name.*read/],
    ['has a file name that is a folder', () => rawForm(filePart(image, '..')), 'missing-file', /name.*read/],
  ];

  it.each(forms)('because its form %s is told so', async (_what, form, code, detail) => {
    const problem = await refusalIn(await rawRequest(await master(), uploadOf(form())));
    expect(problem).toMatchObject({ status: 400, code });
    expect(problem.detail).toMatch(detail);
  });

  const requests: [what: string, headers: () => Header[], expected: object, detail: RegExp][] = [
    ['no boundary', () => [['Content-Type', 'multipart/form-data']], { code: 'malformed-body' }, /boundary=/],
    ['another multipart type', () => [['Content-Type', 'multipart/mixed; boundary=x']], { status: 415 }, /form-data/],
    [
      'a coding',
      () => [formType, ['Content-Encoding', 'gzip']],
      { status: 415, code: 'unsupported-media-type' },
      /gzip/,
    ],
    ['an empty Idempotency-Key', () => [formType, ['Idempotency-Key', '']], { status: 400 }, /1 to 255 printable/],
    ['a long Idempotency-Key', () => [formType, ['Idempotency-Key', 'k'.repeat(256)]], { status: 400 }, /1 to 255/],
    ['an Idempotency-Key in Greek', () => [formType, ['Idempotency-Key', 'κ']], { status: 400 }, /printable ASCII/],
    ['two lengths', () => [formType, ['Content-Length', '5']], { code: 'invalid-request' }, /Content-Length/],
    ['a negative length', () => [['Content-Length', '-5']], { code: 'invalid-request' }, /Content-Length/],
    ['a length and chunks', () => [['Transfer-Encoding', 'chunked']], { code: 'invalid-request' }, /Transfer-Encoding/],
  ];

  it.each(requests)('because its head has %s is told so', async (_what, headers, expected, detail) => {
    const request = { method: 'POST', path: '/task', headers: [...headers(), lengthOf(whole)], body: whole };
    const problem = await refusalIn(await rawRequest(await master(), request));
    expect(problem).toMatchObject(expected);
    expect(problem.detail).toMatch(detail);
  });

  it('because its body is shorter than it says is forgotten when the client ends', async () => {
    const connection = await RawConnection.open(await master());
    await connection.send(
      requestHead({ ...uploadOf(whole), headers: [formType, ['Content-Length', String(whole.length + 50)]] }),
    );
    await connection.send(whole);
    await connection.end();
    expect(await refusalIn(await connection.answer())).toMatchObject({ status: 400, code: 'incomplete-body' });
    await connection.closed();
  });

  it('because its body is longer than it says is answered once, and what is left over is no request', async () => {
    const connection = await RawConnection.open(await master());
    const cut: Header = ['Content-Length', String(whole.length - 60)];
    await connection.send(
      Buffer.concat([requestHead({ method: 'POST', path: '/task', headers: [formType, cut] }), whole]),
    );
    expect(await refusalIn(await connection.answer())).toMatchObject({ status: 400, code: 'malformed-body' });
    await connection.closed();
    expect(connection.receivedBytes).toBe(0);
  });

  it('because its chunks cannot be read is told so', async () => {
    const connection = await RawConnection.open(await master());
    const headers: Header[] = [formType, ['Transfer-Encoding', 'chunked']];
    await connection.send(requestHead({ method: 'POST', path: '/task', headers }));
    await connection.send(Buffer.concat([chunk(whole.subarray(0, 300)), Buffer.from('no size\r\n')]));
    expect(await refusalIn(await connection.answer())).toMatchObject({ status: 400, code: 'invalid-request' });
    await connection.closed();
  });

  it.each([
    ['an image', () => whole.subarray(0, -60)],
    ['a field', () => Buffer.concat([Buffer.from(`--${boundary}\r\n`), head('labels')])],
    ['what comes before the first boundary', () => Buffer.alloc(0)],
    ['what comes after the last one', () => whole],
  ])('because %s never ends, without a length, is told so at the limit', async (_what, beginning) => {
    const connection = await RawConnection.open(await master());
    const headers: Header[] = [formType, ['Transfer-Encoding', 'chunked']];
    await connection.send(requestHead({ method: 'POST', path: '/task', headers }));
    if (beginning().length > 0) await connection.send(chunk(beginning()));
    const more = chunk(Buffer.alloc(50_000, ' '));
    while (connection.receivedBytes === 0 && !connection.hasEnded) await connection.send(more);
    expect(await refusalIn(await connection.answer())).toMatchObject({
      status: 413,
      code: 'payload-too-large',
      detail: expect.stringContaining(String(uploadLimit)) as string,
    });
    await connection.hangUp();
  });

  it.each([
    ['what is no image', () => filePart(Buffer.alloc(900_000, 'no picture ')), 415, 'unsupported-image-type'],
    ['a file in another field', () => filePart(Buffer.alloc(900_000), 'a.png', 'photo'), 400, 'unexpected-file'],
  ])('because its beginning is %s is told so before the rest is sent', async (_what, part, status, code) => {
    const form = rawForm(part());
    const connection = await RawConnection.open(await master());
    await connection.send(Buffer.concat([requestHead(uploadOf(form)), form.subarray(0, 20_000)]));
    expect(await refusalIn(await connection.answer())).toMatchObject({ status, code });
    // The rest is read, and what follows it is the next request.
    await connection.send(Buffer.concat([form.subarray(20_000), requestHead({ path: '/queue' })]));
    expect((await connection.answer()).status).toBe(200);
    await connection.hangUp();
  });

  it('because it will be too large is told so before it is sent', async () => {
    const connection = await RawConnection.open(await master());
    const headers: Header[] = [formType, ['Content-Length', '99000000'], ['Expect', '100-continue']];
    await connection.send(requestHead({ method: 'POST', path: '/task', headers }));
    let answer = await connection.answer();
    if (answer.status === 100) answer = await connection.answer();
    expect(await refusalIn(answer)).toMatchObject({ status: 413, code: 'payload-too-large' });
    await connection.hangUp();
  });

  it('because the client hangs up in the middle leaves nothing, and the next one is served', async () => {
    const large = rawForm(filePart(Buffer.concat([image, Buffer.alloc(800_000)])));
    for (const length of [100, 4_000, 200_000, large.length - 5]) {
      const connection = await RawConnection.open(await master());
      await connection.send(Buffer.concat([requestHead(uploadOf(large)), large.subarray(0, length)]));
      await connection.hangUp();
    }
    expect((await rawRequest(await master(), { path: '/queue' })).status).toBe(200);
  });

  const nothing: [what: string, bytes: string, status: number, code: string][] = [
    ['the hello of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'invalid-request'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 400, 'invalid-request'],
    ['an unknown method', 'SPARKLE /task HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'invalid-request'],
    ['an unknown version', 'GET /task HTTP/9.9\r\nHost: a\r\n\r\n', 400, 'invalid-request'],
    ['a null byte in a header', 'GET /task HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 400, 'invalid-request'],
    [
      'a header of 20 KB',
      `GET /task HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['a path of 20 KB', `GET /task/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers-too-large'],
  ];

  it.each(nothing)('because it is %s is told so', async (_what, bytes, status, code) => {
    const connection = await RawConnection.open(await master());
    await connection.send(Buffer.from(bytes, 'latin1'));
    const problem = await refusalIn(await connection.answer());
    expect(problem).toMatchObject({ status, code });
    expect(problem.detail).toMatch(/Parse Error: \w+|may have 16384 bytes/);
    await connection.closed();
  });
});

describe('an upload that looks strange', () => {
  const names: [what: string, sent: string | Buffer, kept: string][] = [
    ['a path', '../../etc/passwd', 'passwd'],
    ['an absolute path', '/etc/passwd', 'passwd'],
    ['a path of Windows', 'C:\\photos\\..\\a.png', 'a.png'],
    ['an encoded quote and line end', 'a%22b%0Ac.png', 'abc.png'],
    ['nothing but spaces', '   ', 'image'],
    ['a character that turns the line around', '\u202Egnp.exe', 'gnp.exe'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x2e, 0x70, 0x6e, 0x67]), '\uFFFD\uFFFD.png'],
    ['10,000 characters', `${'a'.repeat(10_000)}.png`, 'a'.repeat(200)],
  ];

  it.each(names)('with a file name of %s is kept under a harmless one', async (_what, sent, kept) => {
    const answer = await rawRequest(await master(), uploadOf(rawForm(filePart(image, sent))));
    expect(answer.status).toBe(201);
    const task = JSON.parse(answer.body.toString()) as { id: string; source: { name: string; href: string } };
    expect(task.source.name).toBe(kept);
    const download = await rawRequest(await master(), { path: task.source.href });
    expect(download.headers['content-disposition']).toMatch(/^attachment; filename=[ -~]+$/);
    expect(download.body.equals(image)).toBe(true);
  });

  it('waits for the word to go on when it asks for it', async () => {
    const connection = await RawConnection.open(await master());
    await connection.send(requestHead(uploadOf(whole, ['Expect', '100-continue'])));
    expect((await connection.answer()).status).toBe(100);
    await connection.send(whole);
    expect((await connection.answer()).status).toBe(201);
    await connection.hangUp();
  });

  it('comes in chunks of one byte', async () => {
    const connection = await RawConnection.open(await master());
    const headers: Header[] = [formType, ['Transfer-Encoding', 'chunked']];
    const chunks = [...whole].map((byte) => chunk(Buffer.from([byte])));
    await connection.send(
      Buffer.concat([requestHead({ method: 'POST', path: '/task', headers }), ...chunks, Buffer.from('0\r\n\r\n')]),
    );
    expect((await connection.answer()).status).toBe(201);
    await connection.hangUp();
  });

  it('has preferences and a trace that cannot be read, which are ignored', async () => {
    for (const header of [
      ['Prefer', 'wait=-1'],
      ['Prefer', ',,;=;'],
      ['Prefer', 'p'.repeat(9_000)],
      ['traceparent', 't'.repeat(9_000)],
      ['X-Request-Id', 'two words'],
      ['Accept', 'nonsense'],
    ] as Header[]) {
      expect((await rawRequest(await master(), uploadOf(whole, header))).status, header[0]).toBe(201);
    }
  });

  it('is answered even when what follows it is no request', async () => {
    const connection = await RawConnection.open(await master());
    await connection.send(Buffer.concat([requestHead(uploadOf(whole)), whole, Buffer.from('and something else')]));
    expect((await connection.answer()).status).toBe(201);
    await connection.closed();
  });
});

function head(name: string): Buffer {
  return Buffer.from(`Content-Disposition: form-data; name="${name}"\r\n\r\n`);
}

function longHead(lines: string): Buffer {
  const { head: short, body } = filePart(image);
  return rawForm({ head: `${String(short)}\r\n${lines}`, body });
}

function withField(name: string | Buffer, ...values: string[]): Buffer {
  return rawForm(filePart(image), ...values.map((value) => fieldPart(name, value)));
}

function swapBoundary(form: Buffer): Buffer {
  return Buffer.from(form.toString('latin1').replaceAll(boundary, 'another'), 'latin1');
}

function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}
