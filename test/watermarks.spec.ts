import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSourceKey, type Recipe } from '#contracts';
import sharp from 'sharp';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { form } from './harness/form.js';
import type { MasterClient, ShownTask } from './harness/master-client.js';
import { png } from './harness/photo.js';
import { refusalIn } from './harness/refusal.js';
import { serviceToken, System, type SystemOptions } from './harness/system.js';

const red = [255, 0, 0];
const green = [0, 255, 0];
const image = await png({ width: 300, height: 200 });
const composite = { image: 'logo', size: 0.5, opacity: 1, gravity: 'northwest' };
const recipes = {
  $pictures: { logo: 'logo.png', seal: 'logo.png' },
  plain: { outputs: { image: { operations: [] } } },
  marked: { outputs: { image: { operations: [{ flip: {} }, { composite }], format: 'png' } } },
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'recipes.json'), JSON.stringify(recipes));
  await drawLogo(red);
});

async function drawLogo([r, g, b]: number[]): Promise<void> {
  await sharp({ create: { width: 40, height: 30, channels: 3, background: { r: r!, g: g!, b: b! } } })
    .png()
    .toFile(join(folder, 'logo.png'));
}

function start({ env, ...options }: SystemOptions = {}): Promise<System> {
  return System.start({ ...options, env: { MICRO_RECIPES: join(folder, 'recipes.json'), ...env } });
}

/** The colour in the corner of what a task has made. */
async function cornerOf(client: MasterClient, { id }: ShownTask): Promise<number[]> {
  expect(await client.settled(id)).toMatchObject({ state: 'finished', failures: 0 });
  const made = await client.download(`/task/${id}/download`);
  const pixels = await sharp(made).removeAlpha().raw().toBuffer();
  return [...pixels.subarray(0, 3)];
}

async function recipeOf(client: MasterClient, { id }: ShownTask): Promise<Recipe> {
  return ((await (await client.fetch(`/task/${id}`)).json()) as { recipe: Recipe }).recipe;
}

async function storedPictures(system: System): Promise<string[]> {
  return (await readdir(join(system.folder, 'storage/pictures'))).sort();
}

it('A picture of the operator’s is drawn by presets, and by recipes of clients', async () => {
  const { client } = await start();
  expect(await (await client.fetch('/recipes')).json()).toMatchObject({
    marked: { outputs: { image: { operations: [{ flip: {} }, { composite }] } } },
  });

  const byName = await client.upload(image, { recipe: 'marked' });
  const own = { outputs: { thumb: { operations: [{ resize: { width: 90 } }, { composite }], format: 'png' } } };
  const byJson = await client.upload(image, { recipe: JSON.stringify(own) });

  expect(await cornerOf(client, byName)).toEqual(red);
  expect(await cornerOf(client, byJson)).toEqual(red);

  const shown = await recipeOf(client, byName);
  expect(JSON.stringify(shown)).toMatch(/"image":"pictures\/[0-9a-f]{64}"/);
  const again = await client.upload(image, { recipe: JSON.stringify(shown) });
  expect(await recipeOf(client, again)).toEqual(shown);
  expect(await cornerOf(client, again)).toEqual(red);
});

it('A picture that nobody has declared is refused by its place, with the names that there are', async () => {
  const system = await start({ workers: 0 });
  for (const unknown of ['stamp', 'recipes', `pictures/${'0'.repeat(64)}`]) {
    const operations = [{ negate: {} }, { composite: { image: unknown } }];
    const recipe = JSON.stringify({ outputs: { a: { operations } } });
    const response = await system.client.fetch('/task', { method: 'POST', body: form({ recipe, image }) });

    expect(await refusalIn(response)).toMatchObject({
      status: 400,
      code: 'invalid-request',
      detail: 'outputs.a.operations[1].composite.image: is not a picture; allowed are logo, seal',
    });
  }
  expect(await system.storedFiles()).toEqual([]);
});

it('The janitor, and the deletion of a task, leave pictures where they are', async () => {
  const env = { MICRO_JANITOR_SECONDS: '1', MICRO_ORPHAN_SECONDS: '1' };
  const system = await start({ masters: 2, env });
  const { client } = system;
  const first = await client.upload(image, { recipe: 'marked' });
  expect(await cornerOf(client, first)).toEqual(red);
  const pictures = await storedPictures(system);
  expect(pictures).toHaveLength(1);

  await client.fetch(`/task/${first.id}`, { method: 'DELETE' });
  // An orphan that is stored after the picture, and goes when the picture has long been old enough.
  const orphan = `/files/${newSourceKey(randomUUID())}`;
  const authorization = { Authorization: `Bearer ${serviceToken}` };
  const url = `http://${await system.endpointOf('storage')}${orphan}`;
  expect((await fetch(url, { method: 'PUT', headers: authorization, body: Buffer.from('an orphan') })).status).toBe(
    201,
  );
  await expect.poll(async () => (await fetch(url, { headers: authorization })).status).toBe(404);

  expect(await storedPictures(system)).toEqual(pictures);
  expect(await readFile(join(system.folder, 'storage/pictures', pictures[0]!))).toEqual(
    await readFile(join(folder, 'logo.png')),
  );
  await system.restart('worker', 'worker-1');
  expect(await cornerOf(client, await client.upload(image, { recipe: 'marked' }))).toEqual(red);
});

it('Another picture under the same name changes no task that was accepted before', async () => {
  const system = await start({ workers: 0 });
  const { client } = system;
  const before = await client.upload(image, { recipe: 'marked' });
  const shown = JSON.stringify(await recipeOf(client, before));

  await drawLogo(green);
  await system.process('master').end('SIGTERM');
  await system.launch('master');
  const after = await client.upload(image, { recipe: 'marked' });
  await system.launch('worker', 'worker-1');

  expect(await cornerOf(client, before)).toEqual(red);
  expect(await cornerOf(client, after)).toEqual(green);
  expect(await storedPictures(system)).toHaveLength(2);
  const response = await client.fetch('/task', { method: 'POST', body: form({ recipe: shown, image }) });
  expect((await refusalIn(response)).detail).toMatch(/is not a picture; allowed are logo, seal$/);
});

it('A task waits for a picture while storage is away, and takes it from there when storage is back', async () => {
  const system = await start({ workers: 0 });
  const { client } = system;
  const task = await client.upload(image, { recipe: 'marked' });
  await system.process('storage').end('SIGKILL');
  const worker = await system.launch('worker', 'worker-1');
  await worker.line(/Waiting: /);
  await system.launch('storage');

  expect(await cornerOf(client, task)).toEqual(red);
});
