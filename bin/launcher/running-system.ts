import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '#contracts';
import { LaunchError } from './launch-error.js';
import type { ProcessMark } from './process-mark.js';

/** A service that the launcher started. */
export interface RunningService {
  /** As it is shown. */
  name: string;
  service: ServiceName;
  process: ProcessMark;
}

/** What other terminals must know to join a running system, or to stop it. */
export interface RunningSystem {
  /** The registry's endpoint. */
  registry: string;
  token: string;
  /** How long a service may take to finish what it has begun, once it is told to stop. */
  graceMs: number;
  launcher: ProcessMark;
  services: RunningService[];
}

/** The folder of everything that the system keeps. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  return env.MICRO_DATA?.trim() || './data';
}

/**
 * Tells other terminals of this user. The file holds the token, so nobody else may read it.
 * @throws LaunchError when the folder cannot be made or written
 */
export function announceSystem(folder: string, system: RunningSystem): void {
  try {
    mkdirSync(folder, { recursive: true });
    const written = `${fileIn(folder)}.${process.pid}`;
    writeFileSync(written, JSON.stringify(system), { mode: 0o600 });
    renameSync(written, fileIn(folder));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'EEXIST' || code === 'ENOTDIR' ? 'is no folder' : `cannot be written (${code ?? message})`;
    throw new LaunchError(`The data folder ${folder} ${what}: choose one that can be written with MICRO_DATA.`);
  }
}

/**
 * The system that was announced in a data folder, whether or not it still runs; null when none was.
 * @throws LaunchError when the announcement cannot be read
 */
export function findSystem(folder: string): RunningSystem | null {
  try {
    const system = JSON.parse(readFileSync(fileIn(folder), 'utf8')) as Partial<RunningSystem>;
    return system.launcher && system.services ? (system as RunningSystem) : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof SyntaxError || code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new LaunchError(
      `${fileIn(folder)} cannot be read (${code}): only the user who started the system there can join or stop it.`,
    );
  }
}

/** One that cannot be withdrawn misleads nobody: whether its processes still run is looked up. */
export function withdrawSystem(folder: string): void {
  try {
    rmSync(fileIn(folder), { force: true });
  } catch {
    // It stays.
  }
}

/** Services for a person to read: `db (process 12), worker (process 13)`. */
export function listed(services: RunningService[]): string {
  return services.map(({ name, process: { pid } }) => `${name} (process ${pid})`).join(', ');
}

function fileIn(folder: string): string {
  return join(folder, 'running.json');
}
