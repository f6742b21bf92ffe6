import { readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { envVariables, ServiceConfig } from '#chassis';
import { describe, expect, it } from 'vitest';
import { DbConfig } from '../apps/db/src/config.js';
import { KeyvaluestoreConfig } from '../apps/keyvaluestore/src/config.js';
import { MasterConfig } from '../apps/master/src/config.js';
import { StorageConfig } from '../apps/storage/src/config.js';
import { UiConfig } from '../apps/ui/src/config.js';
import { WorkerConfig } from '../apps/worker/src/config.js';

interface Row {
  name: string;
  default: string;
  meaning: string;
}

const classes = {
  keyvaluestore: KeyvaluestoreConfig,
  db: DbConfig,
  storage: StorageConfig,
  master: MasterConfig,
  worker: WorkerConfig,
  ui: UiConfig,
};

/** Of variables that no configuration class reads. */
const launcherSection = 'For npm start';

/** Defaults that differ from machine to machine: what the page says of them, and what they are here. */
const machineDefaults: Record<string, { says: string; is: unknown }> = {
  MICRO_LOG_FORMAT: { says: 'pretty on a terminal, else json', is: process.stdout.isTTY ? 'pretty' : 'json' },
  MICRO_WORKER_SLOTS: { says: 'the number of cores', is: availableParallelism() },
  MICRO_WORK_FOLDER: { says: "the system's temporary folder", is: tmpdir() },
};

/** The lines of doc/configuration.md, by section. */
function sections(): Map<string, string[]> {
  const text = readFileSync(new URL('../doc/configuration.md', import.meta.url), 'utf8');
  const parts = text.split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.split('\n').slice(1)]));
}

/** The rows of the table of a section, below its head. */
function rowsIn(lines: string[] = []): Row[] {
  const rows = lines.filter((line) => line.startsWith('|')).slice(2);
  return rows.map((line) => {
    const cells = line.split('|').slice(1, -1);
    expect(cells, line).toHaveLength(3);
    const [name, standard, meaning] = cells.map((cell) => cell.replaceAll('`', '').trim());
    return { name: name!, default: standard!, meaning: meaning! };
  });
}

/** The rows that a configuration class must have; those of all services come first. */
function rowsOf(type: new () => ServiceConfig): Row[] {
  const config = new type() as unknown as Record<string, unknown>;
  return envVariables(type).map(({ names, property, description }) => ({
    name: names.join(', '),
    default: defaultText(names[0]!, config[property]),
    meaning: description,
  }));
}

function defaultText(name: string, value: unknown): string {
  const machine = machineDefaults[name];
  if (machine) {
    expect(value, name).toBe(machine.is);
    return machine.says;
  }
  return value === undefined ? 'none' : `${value as string | number | boolean}`;
}

describe('doc/configuration.md', () => {
  const page = sections();
  const sharedCount = envVariables(ServiceConfig).length;

  it('has a section for all services, one for each app, and one for npm start', () => {
    expect([...page.keys()]).toEqual(['All services', ...Object.keys(classes), launcherSection]);
  });

  it('has one row for each variable of all services, as it is declared', () => {
    expect(rowsIn(page.get('All services'))).toEqual(rowsOf(KeyvaluestoreConfig).slice(0, sharedCount));
  });

  it.each(Object.entries(classes))('has one row for each variable of %s, as it is declared', (app, type) => {
    expect(rowsIn(page.get(app))).toEqual(rowsOf(type).slice(sharedCount));
  });
});
