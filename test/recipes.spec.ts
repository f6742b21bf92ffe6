import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recipe } from '#contracts';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { form } from './harness/form.js';
import type { MasterClient, ShownTask } from './harness/master-client.js';
import { photo, pixelsOf, png } from './harness/photo.js';
import { RunningProcess } from './harness/running-process.js';
import { System } from './harness/system.js';

const root = new URL('..', import.meta.url).pathname;

let image: Buffer;
beforeAll(async () => {
  image = await png();
});

/** Uploads with a recipe, waits until the task is settled, and downloads every output by its name. */
async function made(
  client: MasterClient,
  recipe: string | Recipe,
): Promise<{ task: ShownTask; outputs: Map<string, Buffer> }> {
  const text = typeof recipe === 'string' ? recipe : JSON.stringify(recipe);
  const task = await client.settled((await client.upload(image, { recipe: text })).id);
  const outputs = new Map<string, Buffer>();
  for (const { name } of task.outputs) {
    outputs.set(name, await client.download(`/task/${task.id}/download?output=${name}`));
  }
  return { task, outputs };
}

describe('recipes', () => {
  const system = System.shared();

  it('are listed as they stand in recipes.json', async () => {
    const listed = await (await system().client.fetch('/recipes')).json();
    expect(listed).toEqual(JSON.parse(await readFile(join(root, 'recipes.json'), 'utf8')));
  });

  it('can be asked for by name', async () => {
    const { client } = system();
    const presets = (await (await client.fetch('/recipes')).json()) as Record<string, Recipe>;
    for (const [name, recipe] of Object.entries(presets)) {
      const { task, outputs } = await made(client, name);
      expect(task).toMatchObject({ state: 'finished', recipe });
      expect([...outputs.keys()], name).toEqual(Object.keys(recipe.outputs));
    }
    const { outputs } = await made(client, 'thumbnail');
    const { format, width, height } = await sharp(outputs.get('thumb')).metadata();
    expect({ format, width, height }).toEqual({ format: 'webp', width: 320, height: 320 });
  });

  it('give the facts of an output to those who ask for them', async () => {
    const { client } = system();
    const exif = {
      IFD0: { Make: 'Apple', Model: 'iPhone 15', Artist: 'Jane' },
      IFD2: { DateTimeOriginal: '2024:05:06 07:08:09', OffsetTimeOriginal: '+02:00', BodySerialNumber: '0815' },
      IFD3: { GPSLatitude: '51/1 30/1 0/1' },
    };
    const blue = { create: { width: 64, height: 48, channels: 3, background: '#3465a4' } } as const;
    const source = await sharp(blue).jpeg({ quality: 100 }).withExif(exif).toBuffer();
    const recipe = { outputs: { asked: { format: 'png', facts: true }, not: { format: 'png' } } };

    const uploaded = await client.upload(source, { recipe: JSON.stringify(recipe) });
    const { outputs } = await client.settled(uploaded.id);

    expect(outputs.map(({ name, facts }) => ({ name, facts }))).toEqual([
      {
        name: 'asked',
        facts: {
          dominantColour: expect.stringMatching(/^#3[3-5]6[4-6]a[3-5]$/) as string,
          thumbhash: expect.stringMatching(/^[A-Za-z0-9+/]{20,40}=*$/) as string,
          hasAlpha: false,
          camera: 'Apple iPhone 15',
          takenAt: '2024-05-06T07:08:09+02:00',
        },
      },
      { name: 'not', facts: null },
    ]);
  });

  it('are negate when nobody asks for one', async () => {
    const { client } = system();
    const { id } = await client.settled((await client.upload(image)).id);
    const negative = await sharp(image).negate().raw().toBuffer();
    expect((await pixelsOf(await client.download(`/task/${id}/download`))).equals(negative)).toBe(true);
  });

  it('can be written as JSON, with several outputs that are downloaded by name', async () => {
    const { client } = system();
    const { task, outputs } = await made(client, {
      outputs: {
        thumb: { operations: [{ resize: { width: 100 } }, { negate: {} }], format: 'png' },
        exact: {
          operations: [{ negate: {} }, { flop: {} }, { extend: { top: 9, background: '#ff0000' } }],
          format: 'tiff',
        },
        plain: { operations: [], format: 'webp' },
      },
    });
    expect(task.outputs.map(({ name, type, width, height }) => ({ name, type, width, height }))).toEqual([
      { name: 'thumb', type: 'image/png', width: 100, height: 75 },
      { name: 'exact', type: 'image/tiff', width: 640, height: 489 },
      { name: 'plain', type: 'image/webp', width: 640, height: 480 },
    ]);
    const thumb = await sharp(image).resize(100).negate().raw().toBuffer();
    expect((await pixelsOf(outputs.get('thumb')!)).equals(thumb)).toBe(true);
    const turned = await sharp(image).negate().flop().png().toBuffer();
    const exact = await sharp(turned).extend({ top: 9, background: '#ff0000' }).raw().toBuffer();
    expect((await pixelsOf(outputs.get('exact')!)).equals(exact)).toBe(true);
    const first = await client.download(`/task/${task.id}/download`);
    expect(first.equals(outputs.get('thumb')!)).toBe(true);
    expect((await client.fetch(`/task/${task.id}/download?output=other`)).status).toBe(404);
  });

  it('make smaller files with a lower quality', async () => {
    const output = { operations: [], format: 'jpeg' as const };
    const { task } = await made(system().client, {
      outputs: { fine: { ...output, quality: 95 }, usual: output, rough: { ...output, quality: 20 } },
    });
    const [fine, usual, rough] = task.outputs.map(({ size }) => size) as [number, number, number];
    expect(fine).toBeGreaterThan(usual);
    expect(usual).toBeGreaterThan(rough);
  });

  it('are finished in the answer to the upload, when the client prefers to wait', async () => {
    const response = await system().client.fetch('/task', {
      method: 'POST',
      body: form({ recipe: 'grayscale', image }),
      headers: { Prefer: 'wait=20' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('Preference-Applied')).toBe('wait=20');
    expect(await response.json()).toMatchObject({ state: 'finished', outputs: [{ name: 'image', type: 'image/png' }] });
  });

  it('fail at once and for good when the picture is at fault, with a reason that can be read', async () => {
    const { client } = system();
    const outside = { outputs: { part: { operations: [{ extract: { left: 639, top: 0, width: 9, height: 9 } }] } } };
    const failures: [Buffer, Record<string, string>, { code: string; detail: unknown }][] = [
      [
        image.subarray(0, image.length / 2),
        {},
        { code: 'undecodable-image', detail: expect.stringMatching(/^The picture cannot be decoded: \w/) },
      ],
      [
        image,
        { recipe: JSON.stringify(outside) },
        { code: 'recipe-does-not-fit', detail: expect.stringMatching(/extract/) },
      ],
    ];
    for (const [source, fields, error] of failures) {
      const { id } = await client.settled((await client.upload(source, fields)).id);
      // What is uploaded later is done later: had the worker wanted to try again, it would have been able to.
      await made(client, 'negate');
      const task = (await (await client.fetch(`/task/${id}`)).json()) as ShownTask;
      expect(task).toMatchObject({ state: 'failed', leaseNumber: 1, outputs: [], error });
      expect(await (await client.fetch(`/task/${id}/download`)).json()).toMatchObject({ status: 409 });
      const lines = system()
        .process('worker-1')
        .lines.filter((line) => line.includes(`Task ${id}: ${error.code}`));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('It has failed for good');
    }
  });
});

describe('a wrong recipe', () => {
  const system = System.shared({ workers: 0 });

  afterEach(async () => {
    expect(await (await system().client.fetch('/task')).json()).toEqual({ tasks: [], next: null });
    expect(await system().storedFiles()).toEqual([]);
  });

  const wrong: [string, string, { field: string; message: RegExp }][] = [
    [
      'an unknown preset',
      'sparkle',
      { field: 'recipe', message: /negate, grayscale, thumbnail.* or a recipe as JSON/ },
    ],
    ['broken JSON', '{"outputs":', { field: 'recipe', message: /is not valid JSON/ }],
    ['no outputs', '{}', { field: 'outputs', message: /1 to 20 named outputs/ }],
    [
      'an unknown operation',
      '{"outputs":{"a":{},"b":{"operations":[{"negate":{}},{"sparkle":{}}]}}}',
      { field: 'outputs.b.operations[1].sparkle', message: /allowed are resize, extract, .*composite/ },
    ],
    [
      'a wrong width',
      '{"outputs":{"thumb":{"operations":[{"resize":{"width":0}}]}}}',
      { field: 'outputs.thumb.operations[0].resize.width', message: /must be a whole number from 1 to 16384/ },
    ],
    [
      'a text that the font does not have',
      '{"outputs":{"a":{"operations":[{"composite":{"text":"\u{1F600} 漢"}}]}}}',
      {
        field: 'outputs.a.operations[0].composite.text',
        message:
          /^has characters that the font does not have: \u{1F600} \(U\+1F600\), 漢 \(U\+6F22\); it has Latin, Greek/u,
      },
    ],
    [
      'a text that nobody can see',
      '{"outputs":{"a":{"operations":[{"composite":{"text":"\u200B"}}]}}}',
      {
        field: 'outputs.a.operations[0].composite.text',
        message: /^must have a character that can be seen/,
      },
    ],
    [
      'an unknown format',
      '{"outputs":{"thumb":{"format":"bmp"}}}',
      { field: 'outputs.thumb.format', message: /same, jpeg, png, webp, avif, gif, tiff/ },
    ],
  ];

  describe.each([
    ['before the image', (recipe: string): FormData => form({ recipe, image })],
    ['after the image', (recipe: string): FormData => form({ image, recipe })],
  ])('%s', (_where, body) => {
    it.each(wrong)('with %s is refused by its place, and leaves nothing behind', async (_what, recipe, expected) => {
      const response = await system().client.fetch('/task', { method: 'POST', body: body(recipe) });
      expect(response.status).toBe(400);
      expect(response.headers.get('Content-Type')).toMatch(/^application\/problem\+json/);
      const { code, detail, errors } = (await response.json()) as {
        code: string;
        detail: string;
        errors: { field: string; message: string }[];
      };
      expect({ code, fields: errors.map(({ field }) => field) }).toEqual({
        code: 'invalid-request',
        fields: [expected.field],
      });
      expect(errors[0]!.message).toMatch(expected.message);
      expect(detail).toContain(expected.field);
    });
  });
});

describe('a task that is cancelled', () => {
  const system = System.shared({ workers: 0 });
  const cancel = async (id: string): Promise<unknown> =>
    (await system().client.fetch(`/task/${id}/cancel`, { method: 'POST' })).json();

  it('while it is queued, is never worked on', async () => {
    const { client } = system();
    const { id } = await client.upload(image);
    expect(await cancel(id)).toMatchObject({ state: 'cancelled' });
    const next = await client.upload(image);
    const worker = await system().launch('worker');
    expect(await client.settled(next.id)).toMatchObject({ state: 'finished' });
    expect(await client.settled(id)).toMatchObject({ state: 'cancelled', leaseNumber: 0, outputs: [] });
    expect(worker.lines.join('\n')).not.toContain(id);
    await worker.end('SIGTERM');
  });

  it('while it is running, is left alone by its worker, which goes on with the next', async () => {
    const { client } = system();
    const worker = await system().launch('worker');
    const large = await photo({ width: 1500, height: 1500 }).jpeg().toBuffer();
    // Seconds of work, in many passes.
    const operations = Array.from({ length: 20 }, () => ({ median: { size: 50 } }));
    const recipe = JSON.stringify({ outputs: { slow: { operations, format: 'png' } } });
    const { id } = await client.upload(large, { recipe }, 'large.jpg');
    await worker.line(new RegExp(`Working on task ${id}`));
    expect(await cancel(id)).toMatchObject({ state: 'cancelled' });
    await worker.line(new RegExp(`Task ${id} is given up`));
    expect((await made(client, 'negate')).task.state).toBe('finished');
    expect(await client.settled(id)).toMatchObject({ state: 'cancelled', outputs: [], error: null });
    await worker.end('SIGTERM');
  });
});

describe('MICRO_RETENTION', () => {
  const system = System.shared({ env: { MICRO_RETENTION: '5s' } });

  it('removes what is finished, failed or cancelled, with its files, and nothing else', async () => {
    const { client } = system();
    const finished = (await made(client, 'web')).task;
    const failed = await client.settled((await client.upload(image.subarray(0, 5000))).id);
    await system().process('worker-1').end('SIGTERM');
    const cancelled = await client.upload(image);
    await client.fetch(`/task/${cancelled.id}/cancel`, { method: 'POST' });
    const queued = await client.upload(image);
    const gone = async (id: string): Promise<boolean> => (await client.fetch(`/task/${id}`)).status === 404;
    const all = [finished, failed, cancelled];
    await expect
      .poll(async () => (await Promise.all(all.map(({ id }) => gone(id)))).every(Boolean), {
        timeout: 30_000,
        interval: 200,
      })
      .toBe(true);
    // The task is gone before its files are.
    await expect.poll(async () => (await system().storedFiles()).length).toBe(1);
    expect((await client.download(`/task/${queued.id}/source`)).equals(image)).toBe(true);
  });
});

describe('MICRO_RECIPES', () => {
  let folder: string;
  const file = (): string => join(folder, 'recipes of my own.json');
  const master = (): RunningProcess => {
    const main = join(root, 'dist/apps/master/src/main.js');
    return new RunningProcess('master', 'node', [main, '127.0.0.1:1'], {
      PORT: '0',
      HOST: '127.0.0.1',
      MICRO_DATA: folder,
      MICRO_RECIPES: file(),
    });
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('names a file whose recipes take the place of the usual ones', async () => {
    const own = {
      small: { outputs: { image: { operations: [{ resize: { width: 64 } }], format: 'avif', quality: 40 } } },
    };
    await writeFile(file(), JSON.stringify(own));
    const system = await System.start({ env: { MICRO_RECIPES: file() } });
    const { client } = system;
    expect(await (await client.fetch('/recipes')).json()).toEqual(own);
    const task = await client.settled((await client.upload(image)).id);
    expect(task.outputs).toMatchObject([{ type: 'image/avif', width: 64, height: 48 }]);
    const refused = await client.fetch('/task', { method: 'POST', body: form({ recipe: 'negate', image }) });
    expect(await refused.json()).toMatchObject({ status: 400, detail: expect.stringContaining('(small)') as string });
  });

  const wrong: [string, string | null, RegExp][] = [
    ['that is not there', null, /ENOENT/],
    ['that is no JSON', 'negate', /JSON/],
    ['without recipes', '{}', /must be an object of at least one named recipe/],
    [
      'with a wrong recipe',
      '{"small":{"outputs":{"a":{"format":"bmp"}}}}',
      /small: outputs\.a\.format: must be one of same, jpeg/,
    ],
    [
      'with a picture that is not there',
      '{"$pictures":{"logo":"logo.png"},"plain":{"outputs":{"a":{}}}}',
      /\$pictures\.logo: ENOENT: no such file or directory.*logo\.png/,
    ],
    [
      'with a picture that is none',
      '{"$pictures":{"logo":"recipes of my own.json"},"plain":{"outputs":{"a":{}}}}',
      /\$pictures\.logo: .*recipes of my own\.json is not a PNG, WebP or JPEG/,
    ],
    [
      'with a preset that draws an unknown picture',
      '{"marked":{"outputs":{"a":{"operations":[{"composite":{"image":"logo"}}]}}}}',
      /marked: outputs\.a\.operations\[0\]\.composite\.image: is not a picture; none is declared/,
    ],
    ['with a wrong name', '{"My Recipe":{"outputs":{"a":{}}}}', /My Recipe: a name must be 1 to 64 lower-case letters/],
  ];

  it.each(wrong)('that names a file %s stops master with one line that says so', async (_what, content, expected) => {
    await rm(file(), { force: true });
    if (content !== null) await writeFile(file(), content);
    const stopped = master();
    expect(await stopped.ended()).toBe(1);
    expect(stopped.lines).toHaveLength(1);
    expect(stopped.lines[0]).toMatch(/MICRO_RECIPES .*recipes of my own\.json: /);
    expect(stopped.lines[0]).toMatch(expected);
  });
});
