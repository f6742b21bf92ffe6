import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { services, type ServiceName } from '#contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { DbConfig } from '../apps/db/src/config.js';
import { StorageConfig } from '../apps/storage/src/config.js';
import { WorkerConfig } from '../apps/worker/src/config.js';
import { Bundles } from './harness/bundles.js';
import { Capstan } from './harness/capstan.js';
import { configOf, variablesOf } from './harness/config-classes.js';
import { readManifests, repository } from './harness/manifests.js';
import { RunningProcess } from './harness/running-process.js';
import { stagingObstacle, UnikernelPackages } from './harness/unikernel-packages.js';

interface RunManifest {
  runtime: string;
  config_set: Record<string, { bootcmd: string; env: Record<string, string | number> }>;
  config_set_default: string;
}

const names = Object.keys(services) as ServiceName[];
const token = 'a-token-of-the-unikernels';
const read = <Content>(path: string): Content => parse(readFileSync(path, 'utf8')) as Content;
const manifest = read<RunManifest>(join(repository, 'meta/run.yaml'));
const sets = names.flatMap((name) => [
  { set: name, service: name },
  { set: `virtlet_${name}`, service: name },
]);

const bundles = Bundles.shared();
const packages = UnikernelPackages.shared(bundles);
const unless = (obstacle: string | null): string => (obstacle === null ? '' : ` (skipped: ${obstacle})`);

/** The rule by which Capstan reads a line of .capstanignore. */
function ignored(pattern: string): RegExp {
  const parts = pattern.replace(/\/\*$/, '{beneath}').replaceAll('/**/', '{any}');
  const escaped = parts.replaceAll('*', '[^/]*').replaceAll('.', '\\.');
  return new RegExp(`^${escaped.replaceAll('{any}', '.*').replace('{beneath}', '/.*')}$`);
}

describe('meta/package.yaml', () => {
  it('has the fields that Capstan wants, and none that it does not know', () => {
    const described = read<Record<string, unknown>>(join(repository, 'meta/package.yaml'));
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

    expect(Object.keys(described).sort()).toEqual(['author', 'name', 'require', 'title', 'version']);
    expect(described).toMatchObject({ name: 'node-micro', version, require: ['osv.zfs', 'node-micro.node'] });
  });
});

describe('meta/run.yaml', () => {
  it('boots any command, with a set for each service here and in a cluster, and one named default', () => {
    expect(Object.keys(manifest).sort()).toEqual(['config_set', 'config_set_default', 'runtime']);
    expect(manifest.runtime).toBe('native');
    expect(Object.keys(manifest.config_set).sort()).toEqual(['default', ...sets.map(({ set }) => set)].sort());
    expect(manifest.config_set_default).toBe('default');
    expect(manifest.config_set.default).toEqual(manifest.config_set.keyvaluestore);
  });

  it.each(sets)('starts Node through the linker of Linux with the bundle: $set', async ({ set, service }) => {
    const { bootcmd, env, ...others } = manifest.config_set[set]!;
    const [linker, node, ...rest] = bootcmd.split(' ');

    expect(others).toEqual({});
    expect([linker, node]).toEqual(['/lib64/ld-linux-x86-64.so.2', '/node']);
    expect(rest).toEqual([expect.stringMatching(/^--max-old-space-size=\d+$/), `/${service}/main.mjs`]);
    expect(await bundles().filesOf(service)).toContain('main.mjs');
    for (const [name, value] of Object.entries(env)) expect(`${name}=${value}`).toMatch(/^[A-Z_]+=[^\s$]+$/);
    expect(Object.keys(env), 'a secret stands in no file').not.toContain('MICRO_TOKEN');
  });

  it.each(sets)('has an environment that the service takes: $set', ({ set, service }) => {
    const env = Object.fromEntries(
      Object.entries(manifest.config_set[set]!.env).map(([name, value]) => [name, String(value)]),
    );
    const known = [...variablesOf(service), 'NODE_ENV', 'HOME'];
    for (const name of Object.keys(env)) expect(known).toContain(name);

    const config = configOf(service, { ...env, MICRO_TOKEN: token });

    expect(config.listenHost).toBe('0.0.0.0');
    expect(config.port).toBe(services[service].port || 8005);
    if (config instanceof DbConfig) expect(config.file).toBeNull();
    if (config instanceof StorageConfig) expect(config.folder).toBe('/data/storage');
    if (config instanceof WorkerConfig) expect(config.workFolder).toBe('/tmp');
  });

  it('names in a cluster what virtlet_deploy names', () => {
    const ports = new Map(
      readManifests('virtlet_deploy/micro-services.yaml').map(({ metadata, spec }) => [
        `${metadata.name}.default.svc.cluster.local`,
        spec.ports![0]!.port,
      ]),
    );
    for (const name of names) {
      const { env } = manifest.config_set[`virtlet_${name}`]!;
      for (const [variable, value] of Object.entries(env)) {
        if (!/_(ENDPOINT|ADVERTISE)$/.test(variable)) continue;
        const [host, port] = String(value).split(':');
        expect(ports.get(host!), `${name}: ${variable}`).toBe(Number(port));
      }
    }
  });
});

describe('.capstanignore', () => {
  const lines = readFileSync(join(repository, '.capstanignore'), 'utf8').split('\n');
  const patterns = lines.filter((line) => line.trim() && !line.startsWith('#'));

  it('has patterns that Capstan takes', () => {
    for (const pattern of patterns) {
      expect(pattern).toMatch(/^\/[^!\s]+$/);
      expect(pattern).not.toMatch(/^\/(meta|mpm-pkg|\.git)$/);
    }
    expect(patterns).toContain('/vnc-domain-socket');
    expect(ignored('/**/*.map').test('/master/node_modules/a.map')).toBe(true);
  });

  it.skipIf(stagingObstacle !== null)(`leaves out nothing of a bundle${unless(stagingObstacle)}`, async () => {
    for (const name of names) {
      for (const file of await packages().filesOf(name)) {
        for (const pattern of patterns) expect(ignored(pattern).test(file), `${pattern}: ${file}`).toBe(false);
      }
    }
  });
});

describe.skipIf(stagingObstacle !== null)(`The staged packages${unless(stagingObstacle)}`, () => {
  it.each(names)('hold the bundle, what OSv reads, and the sets of their own service: %s', async (name) => {
    const files = await packages().filesOf(name);
    const meta = ['/.capstanignore', '/meta/package.yaml', '/meta/run.yaml'];
    const described = read<{ name: string; title: string }>(join(packages().of(name), 'meta/package.yaml'));
    const run = read<RunManifest>(join(packages().of(name), 'meta/run.yaml'));

    expect(files).toEqual(
      [
        ...meta,
        '/etc/fstab',
        '/etc/resolv.conf',
        ...(await bundles().filesOf(name)).map((file) => `/${name}/${file}`),
      ].sort(),
    );
    expect(readdirSync(join(packages().of(name), 'data'))).toEqual([]);
    expect(described).toMatchObject({ name: `node-micro.${name}`, author: 'node-micro' });
    expect(run.config_set).toEqual({
      default: manifest.config_set[name],
      [name]: manifest.config_set[name],
      [`virtlet_${name}`]: manifest.config_set[`virtlet_${name}`],
    });
    for (const { bootcmd } of Object.values(run.config_set)) expect(files).toContain(bootcmd.split(' ').at(-1));
  });

  it('hold a Node with the libraries that it and sharp load', async () => {
    const files = await packages().filesOf('node');

    expect(files).toEqual([
      ...['libc.so.6', 'libdl.so.2', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0', 'libresolv.so.2']
        .concat('libstdc++.so.6')
        .map((library) => `/lib/x86_64-linux-gnu/${library}`),
      '/lib64/ld-linux-x86-64.so.2',
      '/meta/package.yaml',
      '/node',
    ]);
  });

  it.each(names)('start as OSv starts them, by the linker and with no library of this machine: %s', async (name) => {
    const node = packages().of('node');
    const [linker, binary, ...args] = manifest.config_set[name]!.bootcmd.split(' ') as [string, string, ...string[]];
    const main = join(packages().of(name), args.pop()!);
    const libraries = ['--inhibit-cache', '--library-path', join(node, 'lib/x86_64-linux-gnu')];
    const env = {
      ...Object.fromEntries(Object.entries(manifest.config_set[name]!.env).map(([key, value]) => [key, String(value)])),
      MICRO_TOKEN: token,
      HOST: '127.0.0.1',
      MICRO_KEYVALUESTORE_ENDPOINT: '127.0.0.1:9',
      MICRO_DATA: packages().of('data-of-a-test'),
      [`MICRO_${name.toUpperCase()}_PORT`]: '0',
    };
    const service = new RunningProcess(
      name,
      join(node, linker),
      [...libraries, join(node, binary), ...args, main],
      env,
    );
    onTestFinished(() => service.end().then(() => undefined));

    const [, port] = await service.line(/ is listening on (\d+)/);
    const headers = { authorization: `Bearer ${token}` };
    const stop = await fetch(`http://127.0.0.1:${port}/health/stop`, { method: 'POST', headers });
    expect(stop.status).toBe(202);
    expect(await service.ended()).toBe(0);
  });
});

describe('The real capstan', async () => {
  const found = stagingObstacle === null ? await Capstan.find() : `needs ${stagingObstacle}`;
  const obstacle = typeof found === 'string' ? found : null;
  const capstan = found as Capstan;

  it.skipIf(obstacle !== null)(`takes the staged packages${unless(obstacle)}`, async () => {
    for (const name of ['node', ...names]) {
      const folder = packages().of(name);
      expect(await capstan.run(folder, 'package', 'build')).toMatchObject({ code: 0 });
      expect(readdirSync(folder).filter((file) => file.endsWith('.mpm'))).toEqual([`node-micro.${name}.mpm`]);
      expect(await capstan.run(folder, 'package', 'import')).toMatchObject({ code: 0 });
      const { said } = await capstan.run(folder, 'package', 'describe', `node-micro.${name}`);
      expect(said).toContain(`node-micro.${name}`);
    }
  });

  it.skipIf(obstacle !== null)(`composes until it misses what only its repository has${unless(obstacle)}`, async () => {
    const composed = await capstan.run(packages().of('db'), 'package', 'compose', '--boot', 'db', 'node-micro/db');

    expect(composed.said).not.toMatch(/run\.yaml|config_set|bootcmd|spaces not allowed/);
    if (composed.code === 0) expect(existsSync(join(capstan.root, 'repository/node-micro/db'))).toBe(true);
    else expect(composed.said).toMatch(/osv|bootstrap|loader|qemu/i);
  });
});
