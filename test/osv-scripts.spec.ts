import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { repository } from './harness/manifests.js';
import { RunningProcess } from './harness/running-process.js';
import { hasTool } from './harness/unikernel-packages.js';

const run = promisify(execFile);
const token = 'a-token-of-the-unikernels';
/** What the scripts need of a Linux machine. */
const tools = ['bash', 'curl', 'dirname', 'grep', 'id', 'sed', 'sleep', 'tail', 'timeout', 'cat', 'base64'];
const missing = tools.filter((tool) => !hasTool(tool));

interface StandIns {
  /** The folder that is the whole path. */
  path: string;
  /** What was called, a line each. */
  calls: () => Promise<string[]>;
}

/** A path with the tools above, and stand-ins for those that make and run unikernels: they write down their calls. */
async function standIns(bodies: Record<string, string>): Promise<StandIns> {
  const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'bin');
  await mkdir(path);
  for (const tool of tools) {
    if (!(tool in bodies)) await symlink(await whereIs(tool), join(path, tool));
  }
  const log = join(folder, 'calls');
  await writeFile(log, '');
  for (const [name, body] of Object.entries(bodies)) {
    await writeFile(join(path, name), `#!${join(path, 'bash')}\necho "${name} $*" >> ${log}\n${body}\n`, {
      mode: 0o755,
    });
  }
  return { path, calls: async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean) };
}

async function whereIs(tool: string): Promise<string> {
  const { stdout } = await run('bash', ['-c', `command -v ${tool}`]);
  return stdout.trim();
}

function script(name: string, args: string[], path: string, env: NodeJS.ProcessEnv = {}): RunningProcess {
  // RunningProcess puts the project's own commands before the path: started by bash, the script has the path alone.
  const command = `PATH='${path}' exec '${join(path, 'bash')}' '${join(repository, name)}' ${args.join(' ')}`;
  const process = new RunningProcess(name, 'bash', ['-c', command], { MICRO_TOKEN: token, ...env });
  onTestFinished(() => process.end().then(() => undefined));
  return process;
}

const qemu = { 'qemu-system-x86_64': '', 'qemu-img': '' };

describe.skipIf(missing.length > 0)(
  `The scripts for OSv${missing.length > 0 ? ` (need ${missing.join(', ')})` : ''}`,
  () => {
    it('say what is missing', async () => {
      const none = await standIns({});
      const capstanOnly = await standIns({ capstan: '' });

      for (const name of ['bin/osv-launch-services.sh', 'bin/osv-launch-worker.sh', 'bin/capstan-compose.sh']) {
        const args = name.includes('compose') ? ['all'] : [];
        const refused = script(name, args, none.path);
        expect(await refused.ended(), name).toBe(1);
        expect(refused.lines.join('\n')).toContain('capstan is not installed: see doc/unikernels.md');

        const half = script(name, args, capstanOnly.path);
        expect(await half.ended(), name).toBe(1);
        expect(half.lines.join('\n')).toMatch(/qemu-\S+ is not installed: on Debian it is in the package qemu-/);
      }
      expect(await capstanOnly.calls()).toEqual([]);
    });

    it('want a token', async () => {
      const { path } = await standIns({ capstan: '', ...qemu });
      for (const MICRO_TOKEN of ['', 'too short', 'sixteen letters and spaces']) {
        for (const name of ['bin/osv-launch-services.sh', 'bin/osv-launch-worker.sh']) {
          const refused = script(name, [], path, { MICRO_TOKEN });
          expect(await refused.ended()).toBe(2);
          expect(refused.lines[0]).toBe(
            `Usage: MICRO_TOKEN=... ${join(repository, name)}${/worker/.test(name) ? ' [NUMBER]' : ''}`,
          );
        }
      }
    });

    it('launch the services with their memory, network and addresses, and stop each in its turn', async () => {
      const { path, calls } = await standIns({
        capstan: `pid="\${0%/bin/*}/\${@: -1}"
        case $1 in
          run) echo $$ > "$pid"; echo "\${@: -1} runs"; exec sleep 60 ;;
          stop) kill "$(cat "$pid")" ;;
        esac`,
        curl: 'exit 22',
        ...qemu,
      });
      const launch = script('bin/osv-launch-services.sh', [], path);
      for (const name of ['keyvaluestore', 'db', 'storage', 'master', 'ui']) {
        await launch.line(new RegExp(`^${name} +\\| node-micro-${name} runs$`));
      }

      const runs = (await calls()).filter((call) => call.startsWith('capstan run'));
      expect(runs.sort()).toEqual(
        (
          [
            ['keyvaluestore', '256M', '01', 8000],
            ['db', '256M', '02', 8001],
            ['storage', '1G', '03', 8002],
            ['master', '256M', '04', 8003],
            ['ui', '256M', '05', 8004],
          ] as const
        )
          .map(
            ([name, memory, address, port]) =>
              `capstan run -i node-micro/${name} -m ${memory} -c 1 -n nat --mac A2:13:15:00:80:${address} --boot ${name} ` +
              `--env MICRO_TOKEN=${token} --env MICRO_KEYVALUESTORE_ENDPOINT=192.168.122.1:8000 ` +
              `-f ${port}:${port} --env MICRO_ADVERTISE=192.168.122.1:${port} node-micro-${name}`,
          )
          .sort(),
      );

      await launch.end('SIGTERM');
      // The stand-in for curl reaches nobody, so each is asked over HTTP, and then ended by Capstan.
      const stops = (await calls()).filter((call) => !call.startsWith('capstan run'));
      expect(stops).toEqual(
        [8004, 8003, 8002, 8001, 8000].flatMap((port, index) => [
          expect.stringMatching(
            new RegExp(`^curl .*Authorization: Bearer ${token} http://127\\.0\\.0\\.1:${port}/health/stop$`),
          ),
          `capstan stop node-micro-${['ui', 'master', 'storage', 'db', 'keyvaluestore'][index]}`,
        ]),
      );
    });

    it('launch a worker beside those that are there', async () => {
      const { path, calls } = await standIns({
        capstan: '[[ $1 != instances ]] || echo "node-micro-worker1 qemu Running"',
        ...qemu,
      });

      expect(await script('bin/osv-launch-worker.sh', [], path).ended()).toBe(0);

      expect((await calls()).at(-1)).toBe(
        `capstan run -i node-micro/worker -m 1G -c 1 -n nat --mac A2:13:15:00:81:02 --boot worker ` +
          `--env MICRO_TOKEN=${token} --env MICRO_KEYVALUESTORE_ENDPOINT=192.168.122.1:8000 node-micro-worker2`,
      );
    });

    it('compose the Node package first, and then an image a service', async () => {
      const { path, calls } = await standIns({ capstan: 'echo "  in ${PWD##*/}" >> "${0%/bin/*}/calls"', ...qemu });
      const staged = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
      onTestFinished(() => rm(staged, { recursive: true }));
      for (const name of ['node/meta', 'db']) await mkdir(join(staged, name), { recursive: true });
      await writeFile(join(staged, 'node/meta/package.yaml'), '');

      const args = ['db', 'virtlet_db', '--env', 'MICRO_TOKEN=secret'];
      expect(await script('bin/capstan-compose.sh', args, path, { OSV_FOLDER: staged }).ended()).toBe(0);

      expect(await calls()).toEqual([
        'capstan package import',
        '  in node',
        'capstan package compose --fs rofs --pull-missing --boot virtlet_db --env MICRO_TOKEN=secret node-micro/db',
        '  in db',
      ]);
    });

    it('take the token for Virtlet from the Secret, and copy an image of each service to the pod', async () => {
      const { path, calls } = await standIns({
        capstan: `[[ $2 != compose ]] || { image=\${@: -1} name=\${image#*/}
        mkdir -p "$CAPSTAN_ROOT/repository/$image" && : > "$CAPSTAN_ROOT/repository/$image/$name.qemu"; }`,
        kubectl: `case $2 in secret) printf '%s' ${token} | base64 ;; service) printf 10.96.0.10 ;; esac`,
        npm: '',
        mkdir: 'exec /bin/mkdir "$@"',
        ...qemu,
      });
      const staged = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
      onTestFinished(() => rm(staged, { recursive: true }));
      for (const name of ['node/meta', 'keyvaluestore', 'db', 'storage', 'master', 'worker', 'ui']) {
        await mkdir(join(staged, name), { recursive: true });
      }
      await writeFile(join(staged, 'node/meta/package.yaml'), '');
      const env = { OSV_FOLDER: staged, CAPSTAN_ROOT: join(staged, 'capstan') };
      const upload = script('virtlet_deploy/compose-and-upload-unikernels.sh', ['image-server-1-a'], path, env);

      expect(await upload.ended(), upload.lines.join('\n')).toBe(0);

      const made = await calls();
      for (const name of ['keyvaluestore', 'db', 'storage', 'master', 'worker', 'ui']) {
        expect(made).toContain(
          `capstan package compose --fs rofs --pull-missing --boot virtlet_${name} --env MICRO_TOKEN=${token} node-micro/${name}`,
        );
        expect(made).toContain(
          `kubectl cp ${staged}/capstan/repository/node-micro/${name}/${name}.qemu ` +
            `kube-system/image-server-1-a:/usr/share/nginx/html/micro-${name}.qemu`,
        );
      }
    });
  },
);
