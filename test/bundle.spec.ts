import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { services, type ServiceName } from '#contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { heic } from '../apps/worker/test/heic-pictures.js';
import { Bundles } from './harness/bundles.js';
import { RunningProcess } from './harness/running-process.js';
import { serviceToken, System } from './harness/system.js';

const names = Object.keys(services) as ServiceName[];
const bundles = Bundles.shared();

describe('The bundle of a service', () => {
  it.each(names)('is one file, and what cannot be in it: %s', async (service) => {
    const files = await bundles().filesOf(service);
    const beside = files.filter((file) => file !== 'main.mjs');
    const kinds: Record<ServiceName, RegExp | null> = {
      keyvaluestore: null,
      db: null,
      storage: null,
      master: /^(recipes\.json|node_modules\/swagger-ui-dist\/[\w.-]+)$/,
      worker:
        /^(fonts\.conf$|heic-thread\.mjs$|node_modules\/(@img\/sharp-|@expo-google-fonts\/noto-sans\/(500Medium|LICENSE_FONT)))/,
      ui: /^public\/[\w-]+\.(html|js|css|svg)$/,
    };
    const kind = kinds[service];

    expect(files).toContain('main.mjs');
    if (kind) {
      expect(beside.length).toBeGreaterThan(0);
      for (const file of beside) expect(file).toMatch(kind);
      expect(beside.length).toBeLessThan(20);
    } else {
      expect(beside).toEqual([]);
    }
  });

  it('has the same bytes when it is made again', async () => {
    const again = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    onTestFinished(() => rm(again, { recursive: true }));

    const table = await bundles().make(again);

    for (const service of names) {
      expect(table).toMatch(new RegExp(`^${service} +\\d+ +\\d+\\.\\d$`, 'm'));
      for (const file of await bundles().filesOf(service)) {
        const [first, second] = await Promise.all([
          digest(join(bundles().of(service), file)),
          digest(join(again, service, file)),
        ]);
        expect(second, `${service}/${file}`).toBe(first);
      }
    }
  });

  it.each(names)('says in one line that Node is too old, before it loads anything newer: %s', async (service) => {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const old = join(folder, 'old-node.mjs');
    await writeFile(
      old,
      `import { registerHooks } from 'node:module';
       Object.defineProperty(process.versions, 'node', { value: '20.20.2' });
       registerHooks({ resolve(name, context, next) {
         if (name === 'node:sqlite' || name.includes('@img')) throw new Error(name + ' was loaded');
         return next(name, context);
       } });`,
    );
    const main = join(bundles().of(service), 'main.mjs');
    // Static imports are loaded before the first line runs, so only the one that every Node has may be there.
    const imports = (await readFile(main, 'utf8')).match(/^import .*$/gm);
    expect(imports).toEqual([expect.stringMatching(/ from 'node:module';$/)]);

    const process = new RunningProcess(service, 'node', ['--import', old, main]);
    onTestFinished(() => process.end().then(() => undefined));

    expect(await process.ended()).toBe(1);
    expect(process.lines).toEqual([expect.stringMatching(/^node-micro needs Node\.js 24 or newer, and this is 20/)]);
  });

  it('runs from any folder, with lines for people when it is told so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(bundles().of('keyvaluestore'), join(folder, 'moved elsewhere'), { recursive: true });

    const process = new RunningProcess('keyvaluestore', 'node', [join(folder, 'moved elsewhere/main.mjs')], {
      MICRO_LOG_FORMAT: 'pretty',
      PORT: '0',
    });
    onTestFinished(() => process.end().then(() => undefined));

    const [, port] = await process.line(/^\[[\d:]+\] INFO: Key-value store is listening on (\d+)$/);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    expect(await process.end('SIGTERM')).toBe(0);
  });
});

describe('The bundle of worker, with MICRO_HEIC', () => {
  it('stops with one line that says what to install', async () => {
    const main = join(bundles().of('worker'), 'main.mjs');
    const worker = new RunningProcess('worker', 'node', [main], { MICRO_HEIC: 'true', PORT: '0' });
    onTestFinished(() => worker.end().then(() => undefined));

    expect(await worker.ended()).toBe(1);
    expect(worker.lines).toEqual([
      'Configuration error: MICRO_HEIC needs the package libheif-js: npm install libheif-js',
    ]);
  });

  it('decodes a HEIC once the package lies beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(bundles().of('worker'), join(folder, 'worker'), { recursive: true });
    const installed = new URL('../node_modules/libheif-js', import.meta.url).pathname;
    await cp(installed, join(folder, 'node_modules/libheif-js'), { recursive: true });
    const system = await System.start({ workers: 0, env: { MICRO_HEIC: 'true' } });
    const worker = new RunningProcess('worker', 'node', [join(folder, 'worker/main.mjs'), system.registry], {
      MICRO_HEIC: 'true',
      MICRO_TOKEN: serviceToken,
      HOST: '127.0.0.1',
      PORT: '0',
    });
    onTestFinished(() => worker.end().then(() => undefined));

    const task = await system.client.settled((await system.client.upload(heic('p3'))).id);

    expect(task).toMatchObject({ state: 'finished', outputs: [{ type: 'image/jpeg', width: 64, height: 48 }] });
  });
});

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
