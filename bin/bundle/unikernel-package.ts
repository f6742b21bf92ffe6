import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { services, type ServiceName } from '#contracts';
import { parse, stringify } from 'yaml';

interface PackageManifest {
  name: string;
  title: string;
  author: string;
  version: string;
  require: string[];
}

interface RunManifest {
  runtime: string;
  config_set_default: string;
  config_set: Record<string, unknown>;
}

/** The root is read-only; whatever a service writes, it writes into memory. */
const fstab = `/dev/vblk0.1 / rofs defaults 0 0
none /dev devfs defaults 0 0
none /proc procfs defaults 0 0
none /sys sysfs defaults 0 0
none /tmp ramfs defaults 0 0
none /data ramfs defaults 0 0
`;

const searched = 'search default.svc.cluster.local svc.cluster.local cluster.local';

/**
 * Makes the Capstan package of one service, a folder that becomes `/` of its unikernel: the bundle under the service's
 * name, the files of `etc` that OSv reads, an empty `data`, and the sets of `meta/run.yaml` that boot this service.
 * @param bundle the service's bundle
 * @param nameserver address of the DNS; without one, a unikernel knows addresses only
 */
export async function stageUnikernel(
  repository: string,
  service: ServiceName,
  bundle: string,
  folder: string,
  nameserver?: string,
): Promise<void> {
  for (const name of ['meta', 'etc', 'data']) await mkdir(join(folder, name), { recursive: true });
  await cp(bundle, join(folder, service), { recursive: true });
  await cp(join(repository, '.capstanignore'), join(folder, '.capstanignore'));
  await writeFile(join(folder, 'etc/fstab'), fstab);
  if (nameserver) {
    await writeFile(join(folder, 'etc/resolv.conf'), `nameserver ${nameserver}\n${searched}\noptions ndots:5\n`);
  }
  const described = await read<PackageManifest>(join(repository, 'meta/package.yaml'));
  const named = {
    ...described,
    name: `${described.name}.${service}`,
    title: `${described.title}: ${services[service].title}`,
  };
  await writeFile(join(folder, 'meta/package.yaml'), stringify(named));
  const run = await read<RunManifest>(join(repository, 'meta/run.yaml'));
  const sets = [service, `virtlet_${service}`].map((name) => [name, run.config_set[name]]);
  const own = { ...run, config_set: { default: run.config_set[service], ...Object.fromEntries(sets) } };
  await writeFile(join(folder, 'meta/run.yaml'), stringify(own, { aliasDuplicateObjects: false, lineWidth: 0 }));
}

async function read<Content>(path: string): Promise<Content> {
  return parse(await readFile(path, 'utf8')) as Content;
}
