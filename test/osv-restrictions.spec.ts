import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { services, type ServiceName } from '#contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Bundles } from './harness/bundles.js';
import { negatedPixelsOf, photo, pixelsOf, png } from './harness/photo.js';
import { RunningProcess } from './harness/running-process.js';
import { UnikernelSystem } from './harness/unikernel-system.js';

const bundles = Bundles.shared();
const watermark = JSON.stringify({
  outputs: { marked: { operations: [{ composite: { text: 'node-micro' } }], format: 'webp' } },
});

describe('With no more than OSv has, the bundles', () => {
  it('process photos, through master and through ui, and stop cleanly over HTTP', async () => {
    const system = await UnikernelSystem.start(bundles());
    const [master, ui] = [system.client('master'), system.client('ui')];

    const image = await png({ width: 800, height: 600 });
    const jpeg = await photo({ seed: 2 }).jpeg().toBuffer();
    const tasks = await Promise.all([
      master.upload(image),
      ui.upload(jpeg, { recipe: 'thumbnail' }, 'photo.jpg'),
      master.upload(image, { recipe: watermark }),
    ]);
    const [negated, thumbnail, marked] = await Promise.all(tasks.map(({ id }) => master.settled(id)));

    expect(negated).toMatchObject({ state: 'finished', leaseNumber: 1, failures: 0 });
    const result = await master.download(`/task/${negated!.id}/download`);
    expect((await pixelsOf(result)).equals(await negatedPixelsOf(image))).toBe(true);
    expect(thumbnail!.outputs).toMatchObject([{ name: 'thumb', type: 'image/webp', width: 320, height: 320 }]);
    expect(marked).toMatchObject({ state: 'finished', outputs: [{ name: 'marked', width: 800, height: 600 }] });
    const text = await pixelsOf(await master.download(`/task/${marked!.id}/download`));
    expect(text.equals(await pixelsOf(image)), 'the text is there').toBe(false);

    expect(await (await ui.fetch('/')).text()).toContain('<html');
    expect(await (await master.fetch('/api')).text()).toContain('swagger-ui-bundle.js');
    expect((await master.fetch('/api/swagger-ui-bundle.js')).status).toBe(200);
    expect((await master.fetch('/api/swagger-ui.css')).status).toBe(200);

    expect((await system.stop('worker', 'Bearer wrong')).status).toBe(401);
    for (const service of ['ui', 'worker', 'master', 'storage', 'db', 'keyvaluestore'] as const) {
      expect((await system.stop(service)).status, service).toBe(202);
      expect(await system.process(service).ended(), service).toBe(0);
    }
    for (const service of Object.keys(services) as ServiceName[]) {
      expect(system.process(service).lines.join('\n'), service).not.toMatch(/OSv has no|ERR_ACCESS_DENIED|ENOSYS/);
      // What a service leaves behind is where it may, and nothing of a picture stays with the worker.
      expect(await readdir(join(system.folder, service, 'tmp')), service).toEqual([]);
    }
  });

  it('say what to do where SQLite can open no file', async () => {
    // A folder cannot be opened as a file: the same refusal as every file meets on OSv.
    const db = new RunningProcess('db', 'node', [join(bundles().of('db'), 'main.mjs')], {
      MICRO_DB_URL: `sqlite:${bundles().of('db')}`,
    });
    onTestFinished(() => db.end().then(() => undefined));

    expect(await db.ended()).toBe(1);
    expect(db.lines).toEqual([
      expect.stringMatching(/^Configuration error: MICRO_DB_URL must .*On OSv .*sqlite::memory:/),
    ]);
  });
});

describe('The restrictions of these tests', () => {
  it.each([
    ['a child process', `(await import('node:child_process')).spawn('true')`, 'OSv has no spawn'],
    [
      'a Unix socket to listen on',
      `(await import('node:net')).createServer().listen('/tmp/socket')`,
      'OSv has no Unix sockets',
    ],
    [
      'a Unix socket to connect to',
      `(await import('node:net')).connect({ path: '/tmp/socket' })`,
      'OSv has no Unix sockets',
    ],
    ['a hard link', `(await import('node:fs')).linkSync('/tmp/a', '/tmp/b')`, 'OSv has no linkSync'],
    ['watching a file', `(await import('node:fs')).watch('/tmp')`, 'OSv has no watch'],
    ['writing beside the bundle', `(await import('node:fs')).writeFileSync('/file', 'x')`, "resource: '/file'"],
    ['reading beside the bundle', `(await import('node:fs')).readdirSync('/etc')`, "resource: '/etc'"],
    ['the list of processors', `throw new Error('cpus: ' + (await import('node:os')).cpus().length)`, 'cpus: 0'],
  ])('refuse %s', async (_name, code, refusal) => {
    const preload = new URL('harness/osv-restrictions.mjs', import.meta.url).pathname;
    const node = new RunningProcess('node', 'node', [
      '--permission',
      `--allow-fs-read=${preload}`,
      '--import',
      preload,
      '--input-type=module',
      '--eval',
      code,
    ]);
    onTestFinished(() => node.end().then(() => undefined));

    expect(await node.ended()).toBe(1);
    expect(node.lines.join('\n')).toContain(refusal);
  });
});
